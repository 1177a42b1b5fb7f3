//! What every test with a container needs of this machine: Java, Maven's local
//! repository, djwar's cache.

use djwar::deploy::{DeployError, Deployment, Distributions, Java, Server};
use djwar::report::Silent;
use djwar::resolve::{Cache, Host, Maven};

/// Starts a deployment in a JVM that fits a test: small, and quick to start.
pub(crate) fn start(deployment: Deployment) -> Result<Server, DeployError> {
    let host = Host::of_this_process();
    let cache = Cache::of_user(&host)?;
    let maven = Maven::new(host.clone(), cache.clone(), false, &Silent);
    let java = Java::find(&host)?;
    let mut deployment = deployment;
    for option in ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m"] {
        deployment = deployment.java_option(option);
    }
    deployment.start(&Distributions::new(&maven, &cache), &java)
}
