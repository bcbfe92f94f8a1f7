//! The functions that may be called, by dialect.
//!
//! None of them sleeps, reads a file, opens a connection, changes a setting, tells of the server or
//! of other sessions, makes rows out of nothing, or makes a long text out of a short one (`repeat`,
//! `lpad`, `printf`, `zeroblob`). What is not listed is not allowed.

use crate::warehouse::Dialect;

/// Functions of every dialect: aggregates, windows, conditions, numbers, text, time.
const COMMON: &str = "
    avg count max min sum
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
    coalesce nullif
    abs round sign
    concat concat_ws length lower ltrim replace rtrim substr substring trim upper
    current_date current_timestamp";

/// SQLite's own. The bundled library has no functions of mathematics.
const SQLITE: &str = "
    group_concat string_agg total
    ifnull iif typeof
    hex instr
    date datetime julianday strftime time timediff unixepoch";

/// PostgreSQL's own.
const POSTGRES: &str = "
    bool_and bool_or corr covar_pop covar_samp every mode percentile_cont percentile_disc regr_avgx
    regr_avgy regr_count regr_intercept regr_r2 regr_slope stddev stddev_pop stddev_samp string_agg
    var_pop var_samp variance
    cbrt ceil ceiling div exp floor greatest least ln log log10 mod power sqrt trunc width_bucket
    btrim char_length initcap left position reverse right split_part starts_with strpos
    age date date_bin date_part date_trunc extract isfinite justify_days justify_hours
    justify_interval localtimestamp make_date now to_char to_date to_timestamp";

/// Snowflake's own.
const SNOWFLAKE: &str = "
    any_value approx_count_distinct approx_percentile booland_agg boolor_agg corr count_if covar_pop
    covar_samp kurtosis listagg median mode percentile_cont percentile_disc regr_intercept regr_r2
    regr_slope skew stddev stddev_pop stddev_samp var_pop var_samp variance
    cbrt ceil div0 exp floor greatest iff ifnull least ln log mod nullifzero nvl nvl2 power sqrt trunc
    width_bucket zeroifnull
    charindex contains endswith initcap left len position reverse right split_part startswith
    add_months convert_timezone date_part date_trunc dateadd datediff day dayname dayofmonth
    dayofweek dayofyear extract hour last_day minute month monthname months_between quarter second
    time_slice timestampadd timestampdiff to_char to_date to_number to_timestamp try_to_date
    try_to_number try_to_timestamp week weekiso year";

/// Functions that are written without parentheses.
const BARE: &[&str] = &["current_date", "current_timestamp", "localtimestamp"];

/// Snowflake's functions whose first argument is a word for a part of a date.
const DATE_PART_FIRST: &[&str] = &[
    "date_part",
    "date_trunc",
    "dateadd",
    "datediff",
    "timestampadd",
    "timestampdiff",
];

/// Words for a part of a date.
const DATE_PARTS: &str = "
    century day dayofweek dayofyear decade dow doy epoch hour isodow isoyear millisecond minute month
    quarter second week year";

/// The functions that SQL in a dialect may call, in small letters.
pub fn allowed_functions(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    let own = match dialect {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
        Dialect::Snowflake => SNOWFLAKE,
    };
    COMMON
        .split_ascii_whitespace()
        .chain(own.split_ascii_whitespace())
}

/// The allowed function of this name, in small letters.
pub(super) fn allowed(name: &str, dialect: Dialect) -> Option<&'static str> {
    allowed_functions(dialect).find(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a function can be written without parentheses.
pub(super) fn is_bare(name: &str) -> bool {
    BARE.contains(&name)
}

/// Whether the function's first argument is a word for a part of a date.
pub(super) fn takes_date_part(name: &str, dialect: Dialect) -> bool {
    dialect == Dialect::Snowflake && DATE_PART_FIRST.contains(&name)
}

/// Whether this is a word for a part of a date, in the singular.
pub(super) fn is_date_part(word: &str) -> bool {
    DATE_PARTS
        .split_ascii_whitespace()
        .any(|part| part.eq_ignore_ascii_case(word))
}
