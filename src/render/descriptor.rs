//! `WEB-INF/web.xml` and `WEB-INF/jetty-web.xml` through Tera. Whatever comes out
//! is parsed once more by quick-xml, so that no template can make broken XML.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Serialize;
use tera::{Context, Tera};

use crate::error::{Diagnose, Kind};
use crate::model::ServletApi;

// Tera escapes by the name's ending: `.xml` it must be (docs/decisions).
const WEB_XML: (&str, &str) = ("web.xml", include_str!("../../templates/web.xml"));
const JETTY_WEB_XML: (&str, &str) = (
    "jetty-web.xml",
    include_str!("../../templates/jetty-web.xml"),
);

/// What web.xml says.
#[derive(Clone, Debug, Serialize)]
pub struct Descriptor {
    /// `display-name`.
    pub name: String,
    /// `both` names no class: initializers do.
    pub servlet_api: ServletApi,
    /// Whether containers leave all jars but the runtime's alone (Servlet §8.2.2).
    pub is_ordered: bool,
    /// The context-params, in order.
    pub parameters: Vec<ContextParameter>,
}

/// One `context-param` (Servlet §14.4).
#[derive(Clone, Debug, Serialize)]
pub struct ContextParameter {
    /// `param-name`.
    pub name: String,
    /// `param-value`.
    pub value: String,
}

/// A bug in a template of ours.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Tera refused the template or a variable is missing.
    #[error("the template `{template}` can't be rendered")]
    Template {
        /// The template.
        template: &'static str,
        /// Why.
        source: tera::Error,
    },
    /// The result is no XML.
    #[error("the template `{template}` gave broken XML")]
    Broken {
        /// The template.
        template: &'static str,
        /// Why.
        source: quick_xml::Error,
    },
}

impl Diagnose for RenderError {
    fn kind(&self) -> Kind {
        Kind::Project
    }

    fn hint(&self) -> Option<String> {
        Some("this is a bug of djwar: please report it with `djwar scan --json`".to_owned())
    }
}

/// Renders web.xml.
///
/// # Errors
/// On a bug in the template.
pub fn web_xml(descriptor: &Descriptor) -> Result<Vec<u8>, RenderError> {
    render(WEB_XML, descriptor)
}

/// Renders jetty-web.xml.
///
/// # Errors
/// On a bug in the template.
pub fn jetty_web_xml(descriptor: &Descriptor) -> Result<Vec<u8>, RenderError> {
    render(JETTY_WEB_XML, descriptor)
}

pub(super) fn render(
    (name, text): (&'static str, &str),
    values: &impl Serialize,
) -> Result<Vec<u8>, RenderError> {
    let failed = |source| RenderError::Template {
        template: name,
        source,
    };
    let mut tera = Tera::new();
    tera.add_raw_template(name, text).map_err(failed)?;
    let context = Context::from_serialize(values).map_err(failed)?;
    let rendered = tera.render(name, &context).map_err(failed)?;
    check(&rendered).map_err(|source| RenderError::Broken {
        template: name,
        source,
    })?;
    Ok(rendered.into_bytes())
}

fn check(text: &str) -> Result<(), quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    while !matches!(reader.read_event()?, Event::Eof) {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_escaped() {
        let descriptor = Descriptor {
            name: "a & b < c > \" '".to_owned(),
            servlet_api: ServletApi::Both,
            is_ordered: false,
            parameters: vec![ContextParameter {
                name: "djwar.env.X".to_owned(),
                value: "</param-value>&\"'".to_owned(),
            }],
        };
        let text = String::from_utf8(web_xml(&descriptor).expect("renders")).expect("UTF-8");
        assert!(text.contains("a &amp; b &lt; c &gt;"), "{text}");
        assert!(!text.contains("</param-value>&"), "{text}");
    }

    #[test]
    fn only_the_runtimes_jar_is_looked_into_when_no_other_is_the_users() {
        let text = |is_ordered| {
            let descriptor = Descriptor {
                name: "polls".to_owned(),
                servlet_api: ServletApi::Both,
                is_ordered,
                parameters: Vec::new(),
            };
            String::from_utf8(web_xml(&descriptor).expect("renders")).expect("UTF-8")
        };
        let fragment =
            include_str!("../../runtime/java/src/main/resources/META-INF/web-fragment.xml");
        let (_, name) = fragment.split_once("<name>").expect("a name");
        let (name, _) = name.split_once("</name>").expect("its end");
        let order = format!("<absolute-ordering><name>{name}</name></absolute-ordering>");
        assert!(text(true).contains(&order));
        assert!(!text(false).contains("<absolute-ordering>"));
    }

    #[test]
    fn no_parameter_and_no_type_is_given_twice() {
        let descriptor = Descriptor {
            name: "polls".to_owned(),
            servlet_api: ServletApi::Both,
            is_ordered: false,
            parameters: Vec::new(),
        };
        let text = String::from_utf8(web_xml(&descriptor).expect("renders")).expect("UTF-8");
        for element in ["<param-name>", "<extension>"] {
            let mut names: Vec<&str> = text
                .split(element)
                .skip(1)
                .filter_map(|rest| rest.split('<').next())
                .collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert!(all > 0 && names.len() == all, "{element}: {text}");
        }
    }
}
