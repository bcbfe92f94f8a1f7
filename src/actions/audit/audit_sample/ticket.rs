//! The tickets that firms are drawn by.

use super::AuditSampleItem;
use crate::actions::audit::firm::Firm;
use crate::audit::sha256_hex;

/// The ticket of something: SHA-256 of `SEED:NAME`, in hexadecimal.
pub fn ticket(seed: &str, name: &str) -> String {
    sha256_hex(format!("{seed}:{name}").as_bytes())
}

/// The `size` firms with the lowest tickets, in their order.
pub fn lowest(seed: &str, firms: &[&Firm], size: usize) -> Vec<AuditSampleItem> {
    let mut tickets: Vec<(String, &Firm)> = firms
        .iter()
        .map(|firm| (ticket(seed, &firm.firm_id), *firm))
        .collect();
    tickets.sort_by(|(one, _), (other, _)| one.cmp(other));
    tickets.truncate(size);
    let items = tickets.into_iter().map(|(ticket, firm)| AuditSampleItem {
        ticket: Some(ticket),
        ..AuditSampleItem::of(firm)
    });
    items.collect()
}
