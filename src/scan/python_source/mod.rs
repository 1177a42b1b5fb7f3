//! Python source text → [`super::syntax`]. The only folder that knows the parser,
//! which promises no stable interface: changing it touches nothing else.

mod reader;

use ruff_python_ast as ast;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};
use ruff_text_size::{Ranged, TextSize};

use super::syntax::Statement;
use reader::Reader;

/// Deeper than this the parser's own tree could not be dropped on a thread's
/// stack. Python itself refuses 100 indentations and 200 brackets.
const DEEPEST_SOURCE: usize = 2_000;

/// Deeper expressions become `ExpressionKind::Other`, so that everything which
/// walks our tree may recurse.
const DEEPEST_TREE: usize = 120;

/// Room for the parser's tree of [`DEEPEST_SOURCE`] levels.
const STACK: usize = 32 << 20;

/// Where and why source text is no Python 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxFault {
    /// Counted from 1.
    pub(super) line: u32,
    /// Counted from 1, in characters.
    pub(super) column: u32,
    /// The parser's message.
    pub(super) message: String,
}

/// What the parser made of a text.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    /// The statements; with a fault, those that could be recovered.
    pub(super) statements: Vec<Statement>,
    /// The first fault.
    pub(super) fault: Option<SyntaxFault>,
}

/// Parses a module.
pub(super) fn parse(source: &str) -> Parsed {
    let lines = Lines::new(source);
    if let Some(line) = too_deep(source) {
        return Parsed {
            statements: Vec::new(),
            fault: Some(SyntaxFault {
                line,
                column: 1,
                message: "nested too deeply".to_owned(),
            }),
        };
    }
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || parse_here(source, &lines));
        match worker.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(parsed)) => parsed,
            _ => Parsed {
                statements: Vec::new(),
                fault: Some(lines.fault(0, "the parser gave up".to_owned())),
            },
        }
    })
}

/// The first sign of Python 3 in a text: its line, and what it is. Only what Python
/// 2.7 refuses to parse; `async` and `nonlocal` are plain names there.
pub(super) fn first_python_3(source: &str) -> Option<(u32, &'static str)> {
    if too_deep(source).is_some() {
        return None;
    }
    let lines = Lines::new(source);
    let parsed = ruff_python_parser::parse_unchecked_source(source, ast::PySourceType::Python);
    let tokens: Vec<(TokenKind, TextSize)> = parsed
        .tokens()
        .iter()
        .filter(|token| {
            !matches!(
                token.kind(),
                TokenKind::Comment | TokenKind::NonLogicalNewline
            )
        })
        .map(|token| (token.kind(), token.range().start()))
        .collect();
    let mut is_start = true;
    let mut raises = false;
    for (number, &(kind, at)) in tokens.iter().enumerate() {
        let next = tokens
            .get(number + 1)
            .map_or(TokenKind::EndOfFile, |(kind, _)| *kind);
        let found = match kind {
            TokenKind::FStringStart => Some("an f-string"),
            TokenKind::ColonEqual => Some("`:=`"),
            TokenKind::Rarrow => Some("an annotation (`->`)"),
            TokenKind::Nonlocal if is_start && next == TokenKind::Name => Some("`nonlocal`"),
            TokenKind::Async
                if matches!(next, TokenKind::Def | TokenKind::For | TokenKind::With) =>
            {
                Some("`async`")
            }
            TokenKind::Yield if next == TokenKind::From => Some("`yield from`"),
            TokenKind::From if raises => Some("`raise … from`"),
            TokenKind::Star if next == TokenKind::Comma => Some("a keyword-only argument"),
            TokenKind::Name if is_start && next == TokenKind::Colon => {
                Some("an annotated variable")
            }
            _ => None,
        };
        if let Some(what) = found {
            return Some((lines.line(at), what));
        }
        raises = match kind {
            TokenKind::Raise => true,
            TokenKind::Newline => false,
            _ => raises,
        };
        is_start = matches!(
            kind,
            TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent
        );
    }
    None
}

fn parse_here(source: &str, lines: &Lines) -> Parsed {
    let parsed = ruff_python_parser::parse_unchecked_source(source, ast::PySourceType::Python);
    let fault = parsed
        .errors()
        .first()
        .map(|error| lines.fault(error.location.start().to_usize(), error.error.to_string()));
    let reader = Reader::new(lines);
    Parsed {
        statements: reader.block(parsed.suite(), 0),
        fault,
    }
}

/// The line from which on a tree could get deeper than [`DEEPEST_SOURCE`]: what
/// is open, and what stands between two commas, bounds the depth from above.
/// (The lexer keeps its offsets to itself; lines inside a text are not counted.)
fn too_deep(source: &str) -> Option<u32> {
    let mut tokens = lexer::lex(source, Mode::Module);
    let mut open: Vec<usize> = vec![0];
    let mut indentation = 0_usize;
    let mut total = 0_usize;
    let mut line = 1_u32;
    loop {
        match tokens.next_token() {
            TokenKind::EndOfFile => return None,
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                open.push(0);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace if open.len() > 1 => {
                total -= open.pop().unwrap_or(0);
                *open.last_mut().expect("one level stays") += 1;
                total += 1;
            }
            TokenKind::Comma => {
                let level = open.last_mut().expect("one level stays");
                total -= *level;
                *level = 0;
            }
            TokenKind::Newline => {
                line += 1;
                open.clear();
                open.push(0);
                total = 0;
            }
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::NonLogicalNewline => line += 1,
            TokenKind::Comment | TokenKind::String => {}
            _ => {
                *open.last_mut().expect("one level stays") += 1;
                total += 1;
            }
        }
        if total + open.len() + indentation > DEEPEST_SOURCE {
            return Some(line);
        }
    }
}

/// Byte offsets → lines.
struct Lines<'a> {
    source: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(source: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(source.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { source, starts }
    }

    fn line(&self, offset: TextSize) -> u32 {
        let index = self
            .starts
            .partition_point(|&start| start <= offset.to_usize());
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn fault(&self, offset: usize, message: String) -> SyntaxFault {
        let index = self.starts.partition_point(|&start| start <= offset).max(1);
        let before = self.source.get(self.starts[index - 1]..offset);
        let column = before.map_or(0, |text| text.chars().count()) + 1;
        SyntaxFault {
            line: u32::try_from(index).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::StatementKind;
    use super::*;

    #[test]
    fn a_fault_names_line_and_column() {
        let fault = parse("A = 1\nB = = 2\n").fault.expect("a fault");
        assert_eq!((fault.line, fault.column), (2, 5));
    }

    #[test]
    fn what_can_be_read_around_a_fault_is_kept() {
        let parsed = parse("A = 1\nprint \"two\"\nB = 2\n");
        assert!(parsed.fault.is_some());
        let assigned = parsed
            .statements
            .iter()
            .filter(|statement| matches!(statement.kind, StatementKind::Assign { .. }));
        assert_eq!(assigned.count(), 2);
    }

    #[test]
    fn hostile_nesting_is_a_fault_and_no_crash() {
        let many = 300_000;
        for source in [
            format!("A = {}1{}", "[".repeat(many), "]".repeat(many)),
            format!("A = {}1", "(".repeat(many)),
            format!("A = {}1", "not ".repeat(many)),
            format!("A = {}1", "1+".repeat(many)),
            format!("A = a{}", ".b".repeat(many)),
            format!("A = a{}", "()".repeat(many)),
            format!("A = {}1", "lambda: ".repeat(many)),
            (0..3_000).fold(String::new(), |text, level| {
                text + &" ".repeat(level) + "if a:\n"
            }),
        ] {
            let parsed = parse(&source);
            assert!(parsed.fault.is_some(), "{}", &source[..20]);
        }
    }

    #[test]
    fn python_3_is_told_from_python_2_with_its_line() {
        for (source, line) in [
            ("a = 1\nb = f'{a}'\n", 2),
            ("if (a := 1):\n    pass\n", 1),
            ("def f() -> int:\n    pass\n", 1),
            ("\ndef f():\n    nonlocal a\n", 3),
            ("async def f():\n    pass\n", 1),
            ("def f():\n    yield from a\n", 2),
            ("try:\n    pass\nexcept A as e:\n    raise B() from e\n", 4),
            ("def f(a, *, b):\n    pass\n", 1),
            ("class A:\n    b: int = 1\n", 2),
        ] {
            assert_eq!(
                first_python_3(source).map(|(at, _)| at),
                Some(line),
                "{source}"
            );
        }
        for source in [
            "print \"a\", b\nexec c in d\n",
            "try:\n    pass\nexcept A, e:\n    raise B, 'c'\n",
            "a = u'\u{fc}' + ur'b' + `c`\nif a <> b: pass\nd = 0777\n",
            "def f(a, (b, c)):\n    return lambda x: x\n",
            "async = True\nnonlocal = {'a': 1}\nprint >>f, async\n",
            "from a import b\nx = {1: 2}\nyield_ = a[1:2]\n",
            "def f(*a, **b):\n    yield a\n",
        ] {
            assert_eq!(first_python_3(source), None, "{source}");
        }
    }

    #[test]
    fn long_flat_lists_are_no_nesting() {
        let source = format!("A = [{}]\n", "'a.b', ".repeat(20_000));
        assert_eq!(parse(&source).fault, None);
    }
}
