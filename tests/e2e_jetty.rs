//! The polls site in Jetty 9.4 and in Jetty 12, ee8 (javax) and ee10 (jakarta), with
//! and without Jetty's annotation scan, which runs the initializers.

mod site;

use djwar::deploy::Container::{
    self, Jetty9, Jetty9Annotations, Jetty12Ee8, Jetty12Ee8Annotations, Jetty12Ee10,
    Jetty12Ee10Annotations,
};
use site::served::Wanted;
use site::walk;

fn serves_the_site(container: Container, context: &str) {
    let mut site = Wanted::polls(container, context).start();
    walk::whole_walk(&mut site);
    site.stop();
}

#[test]
fn jetty_9_serves_the_site_under_a_context_path() {
    serves_the_site(Jetty9, "/ctx");
}

#[test]
fn jetty_9_with_annotations_serves_the_site_at_the_root() {
    serves_the_site(Jetty9Annotations, "/");
}

#[test]
fn jetty_12_ee8_serves_the_site_at_the_root() {
    serves_the_site(Jetty12Ee8, "/");
}

#[test]
fn jetty_12_ee8_serves_the_site_under_a_context_path() {
    serves_the_site(Jetty12Ee8, "/ctx");
}

#[test]
fn jetty_12_ee8_with_annotations_serves_the_site_at_the_root() {
    serves_the_site(Jetty12Ee8Annotations, "/");
}

#[test]
fn jetty_12_ee8_with_annotations_serves_the_site_under_a_context_path() {
    serves_the_site(Jetty12Ee8Annotations, "/ctx");
}

#[test]
fn jetty_12_ee10_serves_the_site_at_the_root() {
    serves_the_site(Jetty12Ee10, "/");
}

#[test]
fn jetty_12_ee10_serves_the_site_under_a_context_path() {
    serves_the_site(Jetty12Ee10, "/ctx");
}

#[test]
fn jetty_12_ee10_with_annotations_serves_the_site_at_the_root() {
    serves_the_site(Jetty12Ee10Annotations, "/");
}

#[test]
fn jetty_12_ee10_with_annotations_serves_the_site_under_a_context_path() {
    serves_the_site(Jetty12Ee10Annotations, "/ctx");
}

#[test]
fn a_redeploy_in_jetty_keeps_the_data_and_leaves_no_process() {
    let mut site = Wanted::polls(Jetty12Ee10, "/ctx").redeploying().start();
    walk::redeploy(&mut site);
    site.stop();
}
