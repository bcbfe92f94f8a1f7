//! `/actions/common_actions/...`: what tables there are, what they mean, and SQL over them.
