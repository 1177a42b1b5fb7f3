//! The polls site in application servers. `WildFly`, whose class loaders are modules
//! and whose filters start late, is part of every run; Payara Micro and Open Liberty
//! (hundreds of megabytes, slow to start) run in `cargo xtask test --only servers`.

mod site;

use djwar::deploy::Container::{self, LibertyEe8, LibertyEe10, PayaraMicro6, WildFly34};
use site::served::Wanted;
use site::skip::skipped;
use site::walk;

fn serves_the_site(container: Container, context: &str) {
    let mut site = Wanted::polls(container, context).start();
    walk::whole_walk(&mut site);
    site.stop();
}

fn takes_a_newer_war(container: Container) {
    let mut site = Wanted::polls(container, "/ctx").redeploying().start();
    walk::redeploy(&mut site);
    site.stop();
}

/// Whether the long run was asked for; says so where it was not.
fn all_wanted() -> bool {
    let wanted = std::env::var_os("DJWAR_TEST_SERVERS").is_some();
    if !wanted {
        skipped("`cargo xtask test --only servers` runs this test");
    }
    wanted
}

#[test]
fn wildfly_serves_the_site_at_the_root() {
    serves_the_site(WildFly34, "/");
}

#[test]
fn wildfly_serves_the_site_under_a_context_path() {
    serves_the_site(WildFly34, "/ctx");
}

#[test]
fn a_redeploy_in_wildfly_keeps_the_data_and_leaves_no_process() {
    takes_a_newer_war(WildFly34);
}

#[test]
fn payara_serves_the_site_at_the_root() {
    if all_wanted() {
        serves_the_site(PayaraMicro6, "/");
    }
}

#[test]
fn payara_serves_the_site_under_a_context_path() {
    if all_wanted() {
        serves_the_site(PayaraMicro6, "/ctx");
    }
}

#[test]
fn liberty_with_javax_serves_the_site_at_the_root() {
    if all_wanted() {
        serves_the_site(LibertyEe8, "/");
    }
}

#[test]
fn liberty_with_javax_serves_a_packed_site_under_a_context_path() {
    if all_wanted() {
        let mut site = Wanted::polls(LibertyEe8, "/ctx").packed().start();
        walk::whole_walk(&mut site);
        site.stop();
    }
}

#[test]
fn liberty_with_jakarta_serves_a_packed_site_at_the_root() {
    if all_wanted() {
        let mut site = Wanted::polls(LibertyEe10, "/").packed().start();
        walk::whole_walk(&mut site);
        site.stop();
    }
}

#[test]
fn liberty_with_jakarta_serves_the_site_under_a_context_path() {
    if all_wanted() {
        serves_the_site(LibertyEe10, "/ctx");
    }
}

#[test]
fn a_redeploy_in_liberty_keeps_the_data_and_leaves_no_process() {
    if all_wanted() {
        takes_a_newer_war(LibertyEe10);
    }
}
