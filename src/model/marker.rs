//! Environment markers (PEP 508), as far as a target's Python and platform answer
//! them. The client is the judge of what is installed; this is for saying so
//! before there is a client.

use super::{Platform, PythonVersion};

/// Deeper brackets are nobody's marker.
const DEEPEST: usize = 50;

/// Whether a marker holds on a target; `None` where that can't be told.
pub fn holds(marker: &str, python: PythonVersion, platform: Platform) -> Option<bool> {
    let tokens = tokens(marker)?;
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        python,
        platform,
    };
    let value = reader.either(0)?;
    (reader.at == tokens.len()).then_some(value)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Operator(String),
    Name(String),
    Text(String),
}

fn tokens(marker: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = marker.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => {
                let end = rest[1..].find(first)?;
                (Token::Text(rest[1..=end].to_owned()), end + 2)
            }
            '<' | '>' | '=' | '!' | '~' => {
                let end = rest.find(|letter| !"<>=!~".contains(letter))?;
                (Token::Operator(rest[..end].to_owned()), end)
            }
            _ => {
                let is_part =
                    |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
                let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
                let token = match &rest[..end] {
                    "" => return None,
                    "and" => Token::And,
                    "or" => Token::Or,
                    word @ ("in" | "not") => Token::Operator(word.to_owned()),
                    word => Token::Name(word.to_owned()),
                };
                (token, end)
            }
        };
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Some(found)
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    python: PythonVersion,
    platform: Platform,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<&Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_next = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    fn either(&mut self, depth: usize) -> Option<bool> {
        let mut value = self.both(depth)?;
        while self.takes(&Token::Or) {
            value |= self.both(depth)?;
        }
        Some(value)
    }

    fn both(&mut self, depth: usize) -> Option<bool> {
        let mut value = self.one(depth)?;
        while self.takes(&Token::And) {
            value &= self.one(depth)?;
        }
        Some(value)
    }

    fn one(&mut self, depth: usize) -> Option<bool> {
        if depth > DEEPEST {
            return None;
        }
        if self.takes(&Token::Open) {
            let value = self.either(depth + 1)?;
            return self.takes(&Token::Close).then_some(value);
        }
        let left = self.next()?.clone();
        let Token::Operator(mut operator) = self.next()?.clone() else {
            return None;
        };
        if operator == "not" {
            let Token::Operator(after) = self.next()? else {
                return None;
            };
            operator = format!("not {after}");
        }
        let right = self.next()?.clone();
        self.compare(&left, &operator, &right)
    }

    fn compare(&self, left: &Token, operator: &str, right: &Token) -> Option<bool> {
        let (left_text, right_text) = (self.value(left)?, self.value(right)?);
        let is_version = |token: &Token| {
            matches!(token, Token::Name(name)
                if name.starts_with("python_") || name == "implementation_version")
        };
        let ordering = if is_version(left) || is_version(right) {
            let numbers = |text: &str| -> Option<Vec<u32>> {
                let text = text.trim_end_matches(".*");
                let mut numbers = Vec::new();
                for part in text.split('.') {
                    numbers.push(part.trim().parse().ok()?);
                }
                Some(numbers)
            };
            if operator == "in" || operator == "not in" {
                let is_in = right_text.split([',', ' ']).any(|one| one == left_text);
                return Some(is_in == (operator == "in"));
            }
            let (left, mut right) = (numbers(&left_text)?, numbers(&right_text)?);
            // The target's patch release isn't known: 3.13 stands for all of 3.13.
            let mut left = left;
            let length = left.len().min(right.len());
            left.truncate(length);
            right.truncate(length);
            left.cmp(&right)
        } else {
            left_text.cmp(&right_text)
        };
        Some(match operator {
            "==" | "===" => ordering.is_eq(),
            "!=" => ordering.is_ne(),
            "<" => ordering.is_lt(),
            "<=" => ordering.is_le(),
            ">" => ordering.is_gt(),
            ">=" | "~=" => ordering.is_ge(),
            "in" => right_text.contains(&left_text),
            "not in" => !right_text.contains(&left_text),
            _ => return None,
        })
    }

    /// What a variable is worth on the target.
    fn value(&self, token: &Token) -> Option<String> {
        let name = match token {
            Token::Text(text) => return Some(text.clone()),
            Token::Name(name) => name.as_str(),
            _ => return None,
        };
        let (os, system, machine) = match self.platform {
            Platform::LinuxX86_64 => ("posix", ("linux", "Linux"), "x86_64"),
            Platform::MacosX86_64 => ("posix", ("darwin", "Darwin"), "x86_64"),
            Platform::MacosArm64 => ("posix", ("darwin", "Darwin"), "arm64"),
            Platform::WindowsX86_64 => ("nt", ("win32", "Windows"), "AMD64"),
        };
        let text = match name {
            "python_version" | "python_full_version" | "implementation_version" => {
                self.python.to_string()
            }
            "os_name" | "os.name" => os.to_owned(),
            "sys_platform" | "sys.platform" => system.0.to_owned(),
            "platform_system" => system.1.to_owned(),
            "platform_machine" | "platform.machine" => machine.to_owned(),
            "implementation_name" => "cpython".to_owned(),
            "platform_python_implementation" | "python_implementation" => "CPython".to_owned(),
            "extra" => String::new(),
            _ => return None,
        };
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_answered_for_the_target() {
        for (marker, expected) in [
            ("sys_platform == 'win32'", Some(false)),
            ("sys_platform != \"win32\"", Some(true)),
            ("python_version < '3.11'", Some(false)),
            (
                "python_version >= '3.9' and python_version < '4'",
                Some(true),
            ),
            ("python_full_version <= '3.13.2'", Some(true)),
            ("python_version == '3.13.*'", Some(true)),
            ("python_version in '3.12, 3.13'", Some(true)),
            ("python_version not in '3.12, 3.13'", Some(false)),
            (
                "os_name == 'nt' or platform_machine == 'x86_64'",
                Some(true),
            ),
            (
                "(os_name == 'nt' or os_name == 'posix') and extra == 'x'",
                Some(false),
            ),
            ("'linux' in sys_platform", Some(true)),
            ("platform_release > '5'", None),
            ("python_version", None),
            ("python_version >", None),
            ("(python_version > '3'", None),
            ("'a' == 'a", None),
            ("", None),
        ] {
            let found = holds(marker, PythonVersion::new(3, 13), Platform::LinuxX86_64);
            assert_eq!(found, expected, "{marker}");
        }
        let deep = format!("{}os_name == 'nt'{}", "(".repeat(9_000), ")".repeat(9_000));
        let found = holds(&deep, PythonVersion::new(3, 13), Platform::LinuxX86_64);
        assert_eq!(found, None);
    }
}
