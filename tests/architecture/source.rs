//! Reads the source: which files there are, and what each names outside of its tests.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file of `src`, by its path there.
pub struct Source {
    path: PathBuf,
    pub text: String,
    pub uses: Uses,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path)?;
        let path = path.strip_prefix(root)?.to_owned();
        let tokens: TokenStream = text
            .parse()
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self {
            uses: Uses::of(tokens, depth(&path)),
            text,
            path,
        })
    }

    pub fn name(&self) -> String {
        format!("src/{}", self.path.display())
    }

    /// The top-level module that the file belongs to; `None` for the crate's own two.
    pub fn module(&self) -> Option<String> {
        let first = self.path.iter().next()?;
        let module = Path::new(first).file_stem()?.to_str()?.to_owned();
        (!["lib", "main"].contains(&module.as_str())).then_some(module)
    }

    /// Where modules that the file declares have their files.
    fn folder(&self) -> PathBuf {
        let names_its_folder = ["lib.rs", "main.rs", "mod.rs"].map(Path::new);
        match self.path.file_name().map(Path::new) {
            Some(name) if names_its_folder.contains(&name) => {
                self.path.parent().unwrap_or(Path::new("")).to_owned()
            }
            _ => self.path.with_extension(""),
        }
    }
}

/// How many modules lie between the crate's root and what the file holds, itself included.
fn depth(path: &Path) -> usize {
    let names_its_folder = path.file_name().is_some_and(|name| name == "mod.rs");
    path.iter().count() - usize::from(names_its_folder)
}

/// What a file names, outside of its tests.
#[derive(Default)]
pub struct Uses {
    depth: usize,
    /// First words of paths that start at the crate's root.
    pub modules: BTreeSet<String>,
    /// Every word, for crates that are kept inside a module.
    pub words: BTreeSet<String>,
    /// Modules with files of their own that exist only in tests.
    test_modules: BTreeSet<String>,
}

impl Uses {
    fn of(tokens: TokenStream, depth: usize) -> Self {
        let mut uses = Self {
            depth,
            ..Self::default()
        };
        uses.walk(tokens);
        uses
    }

    fn walk(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut trees = trees.as_slice();
        while let [first, rest @ ..] = trees {
            trees = rest;
            match first {
                TokenTree::Punct(hash) if hash.as_char() == '#' => {
                    if let [TokenTree::Group(attribute), item @ ..] = rest
                        && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
                    {
                        trees = self.skip_test_item(item);
                    }
                }
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    match word.as_str() {
                        "crate" => self.path_from_root(rest),
                        "super" => self.path_from_parent(rest),
                        "mod" => {
                            if let [_, TokenTree::Group(block), after @ ..] = rest {
                                trees = after;
                                self.depth += 1;
                                self.walk(block.stream());
                                self.depth -= 1;
                            }
                        }
                        _ => {}
                    }
                    self.words.insert(word);
                }
                TokenTree::Group(group) => self.walk(group.stream()),
                _ => {}
            }
        }
    }

    /// Leaves out one item: up to its block, or to its semicolon.
    fn skip_test_item<'a>(&mut self, mut item: &'a [TokenTree]) -> &'a [TokenTree] {
        while let [first, rest @ ..] = item {
            item = rest;
            match (first, rest) {
                (TokenTree::Ident(word), [TokenTree::Ident(name), TokenTree::Punct(_), ..])
                    if word == "mod" =>
                {
                    self.test_modules.insert(name.to_string());
                }
                (TokenTree::Group(block), _) if block.delimiter() == Delimiter::Brace => break,
                (TokenTree::Punct(end), _) if end.as_char() == ';' => break,
                _ => {}
            }
        }
        item
    }

    /// `::module` or `::{module, module::...}`.
    fn path_from_root(&mut self, rest: &[TokenTree]) {
        match after_colons(rest) {
            Some([TokenTree::Ident(module), ..]) => {
                self.modules.insert(module.to_string());
            }
            Some([TokenTree::Group(group), ..]) => {
                let trees: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ',');
                let first_words = trees.split(is_comma).filter_map(|path| path.first());
                self.modules.extend(first_words.map(ToString::to_string));
            }
            _ => {}
        }
    }

    /// `::super::super...`: with enough of them the path starts at the root.
    fn path_from_parent(&mut self, mut rest: &[TokenTree]) {
        let mut climbed = 1;
        while climbed < self.depth {
            match after_colons(rest) {
                Some([TokenTree::Ident(word), above @ ..]) if word == "super" => rest = above,
                _ => return,
            }
            climbed += 1;
        }
        self.path_from_root(rest);
    }
}

fn after_colons(trees: &[TokenTree]) -> Option<&[TokenTree]> {
    match trees {
        [TokenTree::Punct(first), TokenTree::Punct(second), rest @ ..]
            if first.as_char() == ':' && second.as_char() == ':' =>
        {
            Some(rest)
        }
        _ => None,
    }
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder, sorted.
pub fn files(folder: &Path) -> Result<BTreeSet<PathBuf>, Box<dyn Error>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.insert(path);
        }
    }
    Ok(found)
}

/// Every file of `src` that is more than a test.
pub fn sources() -> Result<Vec<Source>, Box<dyn Error>> {
    let root = repository().join("src");
    let mut sources = Vec::new();
    for path in files(&root)? {
        if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source::read(&root, &path)?);
        }
    }
    let tests: Vec<PathBuf> = sources
        .iter()
        .flat_map(|source| {
            source
                .uses
                .test_modules
                .iter()
                .map(|name| source.folder().join(name))
        })
        .collect();
    sources.retain(|source| {
        !tests
            .iter()
            .any(|test| source.path.with_extension("") == *test || source.path.starts_with(test))
    });
    Ok(sources)
}

#[test]
fn paths_are_found_and_tests_left_out() -> Result<(), Box<dyn Error>> {
    let text = r#"
        //! Says crate::cli.
        use crate::{audit, http::error::{self, cli}};
        pub(crate) fn run() -> crate::app::App { write!(f, "crate::vault {}", crate::policy::X) }
        fn up() { super::super::oauth::call(); super::work() }
        mod inner { fn up() { super::super::vault(); super::super::super::actions::call() } }
        /* crate::warehouse */
        #[cfg(test)]
        use crate::semantic::{A, B};
        #[cfg(test)]
        mod checks;
        #[cfg(test)]
        mod tests { use crate::connectors::Y; use diesel::prelude::*; }
        use serde::Serialize;
    "#;
    let uses = Uses::of(text.parse()?, 2);
    let found: Vec<&str> = uses.modules.iter().map(String::as_str).collect();
    assert_eq!(
        found,
        ["actions", "app", "audit", "http", "oauth", "policy"]
    );
    assert!(uses.words.contains("serde") && !uses.words.contains("diesel"));
    assert!(uses.test_modules.iter().eq(["checks"]));
    assert_eq!(
        (
            depth(Path::new("work.rs")),
            depth(Path::new("audit/mod.rs"))
        ),
        (1, 1)
    );
    assert_eq!(depth(Path::new("audit/writer/tests.rs")), 3);
    Ok(())
}
