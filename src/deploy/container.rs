//! The containers that djwar knows how to start, and the versions it takes: the
//! one table of both.

use std::fmt;
use std::str::FromStr;

use crate::model::Coordinates;

/// Newest patch releases in November 2026, as Maven Central's metadata has them.
mod version {
    pub(super) const TOMCAT_9: &str = "org.apache.tomcat:tomcat:9.0.117:zip";
    pub(super) const TOMCAT_10: &str = "org.apache.tomcat:tomcat:10.1.59:zip";
    pub(super) const TOMCAT_11: &str = "org.apache.tomcat:tomcat:11.0.24:zip";
    pub(super) const JETTY_9: &str = "org.eclipse.jetty:jetty-home:9.4.58.v20250814:zip";
    pub(super) const JETTY_12: &str = "org.eclipse.jetty:jetty-home:12.0.31:zip";
    pub(super) const WILDFLY: &str = "org.wildfly:wildfly-dist:34.0.1.Final:zip";
    pub(super) const PAYARA: &str = "fish.payara.extras:payara-micro:6.2024.12:jar";
    pub(super) const LIBERTY: &str = "io.openliberty:openliberty-runtime:24.0.0.12:zip";
}

/// The version of `jetty-ee10-maven-plugin` in a skeleton: not the distribution's,
/// for nobody published the `jetty-maven` that 12.0.31's plugin needs.
pub const JETTY_PLUGIN: &str = "12.0.30";

/// Which recipe starts a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `org.apache.catalina.startup.Bootstrap` with a base folder of our own.
    Tomcat,
    /// `start.jar` with the modules of one `EnterpriseEdition`.
    Jetty {
        /// `ee8` (javax) or `ee10` (jakarta) of Jetty 12; empty for Jetty 9, which
        /// has one only (javax).
        environment: &'static str,
        /// Whether its annotation scan is on. Without it Jetty runs no
        /// initializers, and only `jetty-web.xml` switches Django on.
        annotations: bool,
    },
    /// `jboss-modules.jar` with a copy of the standalone configuration.
    WildFly,
    /// The one jar.
    Payara,
    /// `ws-server.jar` with a server of one feature.
    Liberty {
        /// `servlet-4.0` (javax) or `servlet-6.0` (jakarta).
        feature: &'static str,
    },
}

macro_rules! containers {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $coordinates:expr, $family:expr;)+) => {
        /// A servlet container in one configuration.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Container { $($(#[$meta])* $variant),+ }

        impl Container {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// How it is started.
            pub fn family(self) -> Family {
                match self { $(Self::$variant => $family),+ }
            }

            fn written_coordinates(self) -> &'static str {
                match self { $(Self::$variant => $coordinates),+ }
            }
        }
    };
}

containers! {
    /// Tomcat 9.0, the last with `javax.servlet`.
    Tomcat9 = "tomcat-9", version::TOMCAT_9, Family::Tomcat;
    /// Tomcat 10.1, Servlet 6.0.
    Tomcat10 = "tomcat-10", version::TOMCAT_10, Family::Tomcat;
    /// Tomcat 11.0, Servlet 6.1.
    Tomcat11 = "tomcat-11", version::TOMCAT_11, Family::Tomcat;
    /// Jetty 9.4, `javax.servlet`, without its annotation scan.
    Jetty9 = "jetty-9", version::JETTY_9, Family::Jetty { environment: "", annotations: false };
    /// Jetty 9.4, `javax.servlet`.
    Jetty9Annotations = "jetty-9-annotations", version::JETTY_9, Family::Jetty { environment: "", annotations: true };
    /// Jetty 12 with `javax.servlet`, without its annotation scan.
    Jetty12Ee8 = "jetty-12-ee8", version::JETTY_12, Family::Jetty { environment: "ee8", annotations: false };
    /// Jetty 12 with `javax.servlet`.
    Jetty12Ee8Annotations = "jetty-12-ee8-annotations", version::JETTY_12, Family::Jetty { environment: "ee8", annotations: true };
    /// Jetty 12 with `jakarta.servlet`, without its annotation scan.
    Jetty12Ee10 = "jetty-12-ee10", version::JETTY_12, Family::Jetty { environment: "ee10", annotations: false };
    /// Jetty 12 with `jakarta.servlet`.
    Jetty12Ee10Annotations = "jetty-12-ee10-annotations", version::JETTY_12, Family::Jetty { environment: "ee10", annotations: true };
    /// `WildFly` 34, Servlet 6.0.
    WildFly34 = "wildfly-34", version::WILDFLY, Family::WildFly;
    /// Payara Micro 6, Servlet 6.0.
    PayaraMicro6 = "payara-micro-6", version::PAYARA, Family::Payara;
    /// Open Liberty with `javax.servlet`.
    LibertyEe8 = "liberty-ee8", version::LIBERTY, Family::Liberty { feature: "servlet-4.0" };
    /// Open Liberty with `jakarta.servlet`.
    LibertyEe10 = "liberty-ee10", version::LIBERTY, Family::Liberty { feature: "servlet-6.0" };
}

impl Container {
    /// The distribution's coordinates. Several containers may share one.
    ///
    /// # Panics
    /// Never: a test reads every row of the table.
    pub fn coordinates(self) -> Coordinates {
        self.written_coordinates()
            .parse()
            .expect("the table's coordinates are well-formed")
    }

    /// Whether it can serve a WAR without unpacking it. Jetty can't: with
    /// `extractWars=false` it doesn't see `WEB-INF/lib`. `WildFly` and Payara
    /// always unpack.
    pub fn serves_packed(self) -> bool {
        matches!(self.family(), Family::Tomcat | Family::Liberty { .. })
    }

    /// Whether it takes a newer WAR while it runs. Payara Micro has no such thing.
    pub fn redeploys(self) -> bool {
        self.family() != Family::Payara
    }

    /// Whether it is an application server of a hundred megabytes and more, which
    /// is downloaded only for who names it.
    pub fn is_big(self) -> bool {
        matches!(
            self.family(),
            Family::WildFly | Family::Payara | Family::Liberty { .. }
        )
    }

    /// The containers that `name` stands for: itself, or all of a line, as in
    /// `jetty-12` or `tomcat`.
    ///
    /// # Errors
    /// When there is none.
    pub fn matching(name: &str) -> Result<Vec<Self>, UnknownContainer> {
        if let Ok(one) = name.parse() {
            return Ok(vec![one]);
        }
        let line = format!("{name}-");
        let found: Vec<Self> = Self::ALL
            .iter()
            .copied()
            .filter(|container| container.as_str().starts_with(&line))
            .collect();
        if found.is_empty() {
            return Err(UnknownContainer::new(name));
        }
        Ok(found)
    }
}

/// A name that no container has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not one of {known}")]
pub struct UnknownContainer {
    given: String,
    known: String,
}

impl UnknownContainer {
    fn new(given: &str) -> Self {
        let known: Vec<&str> = Container::ALL.iter().map(|one| one.as_str()).collect();
        Self {
            given: given.to_owned(),
            known: known.join(", "),
        }
    }
}

impl FromStr for Container {
    type Err = UnknownContainer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|container| container.as_str() == text)
            .ok_or_else(|| UnknownContainer::new(text))
    }
}

impl fmt::Display for Container {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_container_has_coordinates_of_an_archive() {
        for container in Container::ALL {
            let packaging = container.coordinates().packaging;
            assert!(packaging == "zip" || packaging == "jar", "{container}");
        }
    }

    #[test]
    fn a_line_of_containers_stands_for_all_of_it() {
        let names = |name| {
            Container::matching(name)
                .expect("known")
                .iter()
                .map(|one| one.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("tomcat-10"), ["tomcat-10"]);
        assert_eq!(names("tomcat"), ["tomcat-9", "tomcat-10", "tomcat-11"]);
        assert_eq!(names("jetty-12-ee10"), ["jetty-12-ee10"]);
        assert_eq!(names("jetty-12").len(), 4);
        assert_eq!(names("jetty-9"), ["jetty-9"]);
        assert_eq!(names("wildfly"), ["wildfly-34"]);
        assert_eq!(names("liberty"), ["liberty-ee8", "liberty-ee10"]);
        let error = Container::matching("tomcat-1").expect_err("unknown");
        assert!(
            error
                .to_string()
                .starts_with("`tomcat-1` is not one of tomcat-9, ")
        );
    }
}
