//! Reads text to one query: bounded in length, parts and depth before anything walks the tree.
//!
//! The parser grows its stack as it needs, but what comes after (printing, comparing, dropping) goes
//! down the tree on the caller's own, so a tree that is deep is refused here.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, SetExpr, Statement, Visit, Visitor};
use sqlparser::dialect::{PostgreSqlDialect, SQLiteDialect, SnowflakeDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::refusal::{Refusal, shortened};
use crate::warehouse::Dialect;

/// Most bytes of SQL that are read.
pub const LONGEST_SQL: usize = 20_000;
/// Most tokens, white space and comments aside.
const MOST_TOKENS: usize = 4_000;
/// How deep parentheses may stand in one another.
const DEEPEST_PARENTHESES: usize = 40;
/// How deep expressions may stand in one another; `a OR b OR c` counts as two.
const DEEPEST_EXPRESSION: usize = 120;
/// Most set operations of one query.
const MOST_SET_OPERATIONS: usize = 50;

/// How the parser knows a dialect.
pub(super) fn parser_dialect(dialect: Dialect) -> &'static dyn sqlparser::dialect::Dialect {
    match dialect {
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::Postgres => &PostgreSqlDialect {},
        Dialect::Snowflake => &SnowflakeDialect,
    }
}

/// How people call a dialect.
pub(super) fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "SQLite's SQL",
        Dialect::Postgres => "PostgreSQL's SQL",
        Dialect::Snowflake => "Snowflake's SQL",
    }
}

/// The one query that the text is.
pub(super) fn query(sql: &str, dialect: Dialect) -> Result<Box<Query>, Refusal> {
    if sql.len() > LONGEST_SQL {
        return Err(Refusal::TooLong {
            bytes: sql.len(),
            most: LONGEST_SQL,
        });
    }
    let syntax = |problem: String| Refusal::Syntax {
        dialect: dialect_name(dialect),
        problem: shortened(&problem),
    };
    let tokens = Tokenizer::new(parser_dialect(dialect), sql)
        .tokenize_with_location()
        .map_err(|error| syntax(error.to_string()))?;
    let tokens = bounded(tokens)?;
    let word = first_word(&tokens);
    let statements = Parser::new(parser_dialect(dialect))
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(|error| match error {
            ParserError::RecursionLimitExceeded => Refusal::TooComplex("parts nested too deeply"),
            ParserError::TokenizerError(problem) | ParserError::ParserError(problem) => match &word
            {
                Some((word, false)) => Refusal::NotAQuery(shortened(word)),
                _ => syntax(problem),
            },
        })?;
    one_query(statements, word.map(|(word, _)| word))
}

fn one_query(statements: Vec<Statement>, word: Option<String>) -> Result<Box<Query>, Refusal> {
    let count = statements.len();
    let mut statements = statements.into_iter();
    match (statements.next(), statements.next()) {
        (None, _) => Err(Refusal::Empty),
        (Some(_), Some(_)) => Err(Refusal::Statements(count)),
        (Some(Statement::Query(query)), None) => {
            shallow(&query)?;
            Ok(query)
        }
        (Some(_), None) => Err(Refusal::NotAQuery(
            word.unwrap_or_else(|| "this".to_owned()),
        )),
    }
}

/// Drops white space, comments and the optimizer hints that hide in them, and counts the rest.
fn bounded(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, Refusal> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut depth = 0_usize;
    for mut token in tokens {
        match &token.token {
            Token::Whitespace(_) => continue,
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            // PostgreSQL has operators of this name, none of which is allowed.
            Token::Question => token.token = Token::Placeholder("?".to_owned()),
            _ => {}
        }
        if depth > DEEPEST_PARENTHESES {
            return Err(Refusal::TooComplex("parts nested too deeply"));
        }
        kept.push(token);
    }
    if kept.len() > MOST_TOKENS {
        return Err(Refusal::TooComplex("too many words and signs"));
    }
    Ok(kept)
}

/// The word that a statement begins with, and whether a query may begin so.
fn first_word(tokens: &[TokenWithSpan]) -> Option<(String, bool)> {
    tokens.iter().find_map(|token| match &token.token {
        Token::LParen | Token::EOF | Token::SemiColon => None,
        Token::Word(word) => Some((
            word.value.to_uppercase(),
            matches!(word.keyword, Keyword::SELECT | Keyword::WITH),
        )),
        _ => Some((String::new(), true)),
    })
}

/// Refuses a tree that is too deep to walk. Asking is safe: a visit grows its stack.
fn shallow(query: &Query) -> Result<(), Refusal> {
    match query.visit(&mut Depth(0)) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Refusal::TooComplex("parts nested too deeply")),
    }
}

struct Depth(usize);

impl Visitor for Depth {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let mut body = &*query.body;
        let mut operations = 0_usize;
        while let SetExpr::SetOperation { left, .. } = body {
            operations += 1;
            body = left;
        }
        if operations > MOST_SET_OPERATIONS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 += 1;
        if self.0 > DEEPEST_EXPRESSION {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 = self.0.saturating_sub(1);
        ControlFlow::Continue(())
    }
}
