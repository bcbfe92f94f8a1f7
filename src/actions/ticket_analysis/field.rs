//! The columns of an event that hold text, and how they are named in answers.

/// A column of text in `incident_events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// New, Active, Awaiting ..., Resolved, Closed.
    State,
    /// 1 - Critical to 4 - Low.
    Priority,
    /// 1 - High to 3 - Low.
    Impact,
    /// 1 - High to 3 - Low.
    Urgency,
    /// The group that the ticket is assigned to.
    Group,
    /// The person that the ticket is assigned to.
    AssignedTo,
    /// What the ticket is about, coarsely.
    Category,
    /// What the ticket is about, finely.
    Subcategory,
    /// What the caller noticed.
    Symptom,
    /// Where the caller is.
    Location,
    /// How the ticket came in.
    ContactType,
    /// Who has the trouble.
    Caller,
    /// Who wrote the ticket.
    OpenedBy,
    /// The thing that is broken.
    ConfigurationItem,
    /// The problem that is behind the incident.
    Problem,
    /// The change that shall mend it.
    ChangeRequest,
    /// The change that caused it.
    CausedBy,
    /// The supplier in charge.
    Vendor,
    /// Whether a text of the knowledge base was used.
    Knowledge,
    /// Whether the priority was checked twice.
    PriorityConfirmation,
    /// Whether and how the caller is told.
    Notify,
    /// How it was solved. The source writes it on all events of a ticket, in hindsight.
    ClosedCode,
    /// Who solved it. The source writes it on all events of a ticket, in hindsight.
    ResolvedBy,
    /// Who made this change of state.
    UpdatedBy,
}

impl Field {
    /// Every field, in the order in which an event keeps them and answers list them.
    pub const ALL: &[Self] = &[
        Self::State,
        Self::Priority,
        Self::Impact,
        Self::Urgency,
        Self::Group,
        Self::AssignedTo,
        Self::Category,
        Self::Subcategory,
        Self::Symptom,
        Self::Location,
        Self::ContactType,
        Self::Caller,
        Self::OpenedBy,
        Self::ConfigurationItem,
        Self::Problem,
        Self::ChangeRequest,
        Self::CausedBy,
        Self::Vendor,
        Self::Knowledge,
        Self::PriorityConfirmation,
        Self::Notify,
        Self::ClosedCode,
        Self::ResolvedBy,
        Self::UpdatedBy,
    ];

    /// Its name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Priority => "priority",
            Self::Impact => "impact",
            Self::Urgency => "urgency",
            Self::Group => "group",
            Self::AssignedTo => "assigned_to",
            Self::Category => "category",
            Self::Subcategory => "subcategory",
            Self::Symptom => "symptom",
            Self::Location => "location",
            Self::ContactType => "contact_type",
            Self::Caller => "caller",
            Self::OpenedBy => "opened_by",
            Self::ConfigurationItem => "configuration_item",
            Self::Problem => "problem",
            Self::ChangeRequest => "change_request",
            Self::CausedBy => "caused_by",
            Self::Vendor => "vendor",
            Self::Knowledge => "knowledge",
            Self::PriorityConfirmation => "priority_confirmation",
            Self::Notify => "notify",
            Self::ClosedCode => "closed_code",
            Self::ResolvedBy => "resolved_by",
            Self::UpdatedBy => "updated_by",
        }
    }

    /// Its column in the table.
    pub const fn column(self) -> &'static str {
        match self {
            Self::State => "incident_state",
            Self::Group => "assignment_group",
            Self::Symptom => "u_symptom",
            Self::Caller => "caller_id",
            Self::ConfigurationItem => "cmdb_ci",
            Self::Problem => "problem_id",
            Self::ChangeRequest => "rfc",
            Self::PriorityConfirmation => "u_priority_confirmation",
            Self::UpdatedBy => "sys_updated_by",
            other => other.name(),
        }
    }

    /// Where an event keeps it.
    pub(super) fn place(self) -> usize {
        Self::ALL
            .iter()
            .position(|field| *field == self)
            .unwrap_or(usize::MAX)
    }
}
