//! Imports inside the project: which file a name means, and what it brings.

use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ScanError;
use super::evaluate::{Evaluator, Place, Scope};
use super::execute::{Flow, bind};
use super::value::{Kind, Value};
use super::{python_source, source_text};
use crate::model::Span;
use crate::model::project::{Problem, Severity};

/// Deeper chains of imports are no settings.
const DEEPEST_IMPORTS: usize = 60;

impl Evaluator<'_> {
    /// The names of the module in `file`; from memory the second time.
    pub(super) fn load(&mut self, file: &Utf8Path) -> Result<Scope, ScanError> {
        if let Some(scope) = self.scopes.get(file) {
            return Ok(scope.clone());
        }
        if self.open.contains(file) || self.open.len() > DEEPEST_IMPORTS {
            // Python, too, gives a module that is being imported as far as it is.
            return Ok(Scope::new());
        }
        let source = source_text::python(&self.modules.root, file)?;
        let parsed = python_source::parse(&source);
        if let Some(fault) = parsed.fault {
            let error = ScanError::Syntax {
                path: file.to_owned(),
                line: fault.line,
                column: fault.column,
                message: fault.message,
            };
            if !self.tolerant {
                return Err(error);
            }
            self.faults.push(error);
        }
        self.open.insert(file.to_owned());
        let mut scope = Scope::new();
        let outcome = self.block(&parsed.statements, file, &mut scope);
        self.open.remove(file);
        outcome?;
        self.scopes.insert(file.to_owned(), scope.clone());
        Ok(scope)
    }

    /// Loads a module for the sake of its names; what is wrong with it becomes a
    /// problem, because the settings may do without it.
    pub(super) fn load_quietly(&mut self, file: &Utf8Path, place: Place<'_>) -> Scope {
        self.load(file).unwrap_or_else(|error| {
            self.problems.push(Problem {
                severity: Severity::Warning,
                code: "module-unreadable",
                origin: Some(Span::new(place.file, 1)),
                message: error.to_string(),
                hint: crate::error::Diagnose::hint(&error),
            });
            Scope::new()
        })
    }

    pub(super) fn import(
        &mut self,
        module: &str,
        alias: Option<&str>,
        span: &Span,
        scope: &mut Scope,
    ) -> Result<(), ScanError> {
        let first = module.split('.').next().unwrap_or(module);
        let (name, bound) = match alias {
            Some(alias) => (alias, module),
            None => (first, first),
        };
        let value = match self.modules.file(bound) {
            Some(file) => {
                self.load(&file)?;
                Value::known(Kind::Module(file))
            }
            None => Value::reference(bound),
        };
        bind(scope, name, value, span);
        Ok(())
    }

    pub(super) fn import_from(
        &mut self,
        level: u32,
        module: &str,
        names: &[(String, Option<String>)],
        span: &Span,
        scope: &mut Scope,
    ) -> Result<Flow, ScanError> {
        let file = if level > 0 {
            self.modules.relative(&span.path, level, module)
        } else {
            self.modules.file(module)
        };
        let folder = if level > 0 && module.is_empty() {
            let mut folder = span.path.parent();
            for _ in 1..level {
                folder = folder.and_then(Utf8Path::parent);
            }
            folder.map(Utf8Path::to_owned)
        } else {
            file.as_deref()
                .filter(|file| file.file_name() == Some("__init__.py"))
                .and_then(Utf8Path::parent)
                .map(Utf8Path::to_owned)
        };
        let own = level > 0 || self.is_own(module);
        if file.is_none() && folder.is_none() {
            if own {
                return Ok(self.missing(level, module, span));
            }
            for (name, alias) in names {
                let bound = alias.as_ref().unwrap_or(name);
                if name == "*" {
                    continue;
                }
                let value = imported(module, name);
                bind(scope, bound, value, span);
            }
            return Ok(Flow::Done);
        }
        let inner = match &file {
            Some(file) => self.load(file)?,
            None => Scope::new(),
        };
        for (name, alias) in names {
            if name == "*" {
                for (name, binding) in &inner {
                    if !name.starts_with('_') {
                        scope.insert(name.clone(), Rc::clone(binding));
                    }
                }
                self.step(inner.len());
                continue;
            }
            let bound = alias.as_ref().unwrap_or(name);
            if let Some(binding) = inner.get(name) {
                scope.insert(bound.clone(), Rc::clone(binding));
                continue;
            }
            let submodule = folder
                .as_ref()
                .and_then(|folder| self.modules.file_at(&folder.join(name)));
            match submodule {
                Some(submodule) => {
                    self.load(&submodule)?;
                    bind(scope, bound, Value::known(Kind::Module(submodule)), span);
                }
                None if file.is_none() => return Ok(self.missing(level, name, span)),
                None => bind(scope, bound, Value::opaque(), span),
            }
        }
        Ok(Flow::Done)
    }

    /// Whether a dotted name begins with a package of the project.
    fn is_own(&self, module: &str) -> bool {
        let first = module.split('.').next().unwrap_or(module);
        self.modules.file(first).is_some()
            || self
                .modules
                .folder(first)
                .is_some_and(|folder| self.modules.root.join(folder.join("__init__.py")).is_file())
    }

    fn missing(&mut self, level: u32, module: &str, span: &Span) -> Flow {
        if self.guarded == 0 {
            let dots = ".".repeat(level as usize);
            // `if os.environ.get("EXTRA"): from .extra import *` may never run.
            let (severity, flow) = if self.doubtful == 0 {
                (Severity::Error, Flow::Done)
            } else {
                (Severity::Warning, Flow::Raised)
            };
            self.problems.push(Problem {
                severity,
                code: "import-not-found",
                origin: Some(span.clone()),
                message: format!(
                    "the settings import `{dots}{module}`, which the project does not hold"
                ),
                hint: Some(
                    "is it left out of version control? Add it, or name other settings with \
                     `--settings`"
                        .to_owned(),
                ),
            });
            return flow;
        }
        Flow::Raised
    }

    /// django-split-settings: runs files, in sorted order, in this module's scope.
    pub(super) fn include(
        &mut self,
        pattern: &str,
        file: &Utf8Path,
        scope: &mut Scope,
    ) -> Result<(), ScanError> {
        let folder = file.parent().unwrap_or(Utf8Path::new(""));
        let target = folder.join(pattern);
        let Some(within) = target.parent() else {
            return Ok(());
        };
        let Ok(matcher) = globset::Glob::new(target.as_str()) else {
            return Ok(());
        };
        let matcher = matcher.compile_matcher();
        let mut files: Vec<Utf8PathBuf> = Vec::new();
        let Ok(entries) = self.modules.root.join(within).read_dir_utf8() else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let path = within.join(entry.file_name());
            if matcher.is_match(&path) && path.extension() == Some("py") && path != file {
                files.push(path);
            }
        }
        files.sort();
        for path in files {
            let source = source_text::python(&self.modules.root, &path)?;
            let parsed = python_source::parse(&source);
            self.block(&parsed.statements, &path, scope)?;
        }
        Ok(())
    }
}

/// What `from module import name` gives for a module that isn't the project's.
fn imported(module: &str, name: &str) -> Value {
    match (module, name) {
        ("sys", "argv") => Value::known(Kind::Sequence(vec![Value::text("djwar")])),
        _ => Value::reference(format!("{module}.{name}")),
    }
}
