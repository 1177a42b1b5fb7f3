//! The polls site in Tomcat 9.0, 10.1 and 11, unpacked and packed.

mod site;

use djwar::deploy::Container::{Tomcat9, Tomcat10, Tomcat11};
use site::served::Wanted;
use site::walk;
use site::wire::Wire;

fn serves_the_site(wanted: Wanted) {
    let mut site = wanted.start();
    walk::whole_walk(&mut site);
    site.stop();
}

#[test]
fn tomcat_9_serves_the_site_at_the_root() {
    serves_the_site(Wanted::polls(Tomcat9, "/"));
}

#[test]
fn tomcat_9_serves_the_site_under_a_context_path() {
    serves_the_site(Wanted::polls(Tomcat9, "/ctx"));
}

#[test]
fn tomcat_10_serves_the_site_at_the_root() {
    serves_the_site(Wanted::polls(Tomcat10, "/"));
}

#[test]
fn tomcat_10_serves_the_site_under_a_context_path() {
    serves_the_site(Wanted::polls(Tomcat10, "/ctx"));
}

#[test]
fn tomcat_11_serves_the_site_at_the_root() {
    serves_the_site(Wanted::polls(Tomcat11, "/"));
}

#[test]
fn tomcat_11_serves_the_site_under_a_context_path() {
    serves_the_site(Wanted::polls(Tomcat11, "/ctx"));
}

#[test]
fn tomcat_9_serves_a_packed_war_under_a_context_path() {
    serves_the_site(Wanted::polls(Tomcat9, "/ctx").packed());
}

#[test]
fn tomcat_10_serves_a_packed_war_at_the_root() {
    serves_the_site(Wanted::polls(Tomcat10, "/").packed());
}

#[test]
fn tomcat_11_serves_a_packed_war_under_a_context_path() {
    serves_the_site(Wanted::polls(Tomcat11, "/ctx").packed());
}

#[test]
fn uploaded_files_are_served_when_an_operator_says_so() {
    let mut site = Wanted::polls(Tomcat10, "/ctx")
        .property("djwar.media", "true")
        .start();
    walk::media(&mut site.browser);
    site.stop();
}

#[test]
fn slow_readers_of_a_large_upload_hold_no_worker() {
    const SIZE: u64 = 256 << 20;
    let mut site = Wanted::polls(Tomcat10, "/ctx")
        .property("djwar.media", "true")
        .property("djwar.processes", "1")
        .property("djwar.threads", "1")
        .property("djwar.queue-timeout", "5")
        // Nothing of it may lie elsewhere on disk.
        .property("djwar.response-spool", "0")
        .start();
    let media = site.data().join("media");
    fs_err::create_dir_all(&media).expect("a folder");
    let film = fs_err::File::create(media.join("film.bin")).expect("created");
    film.file().set_len(SIZE).expect("a file with a hole");
    let mut readers: Vec<Wire> = (0..5).map(|_| Wire::to(&mut site)).collect();
    for reader in &mut readers {
        reader.ask("GET", "/media/film.bin", &["Range: bytes=1-"]);
        let head = reader.head().expect("a head").expect(206);
        assert_eq!(head.header("content-length"), (SIZE - 1).to_string());
    }
    site.browser.get("/polls/").expect(200);
    assert_eq!(readers[0].count(SIZE - 1).0, SIZE - 1);
    drop(readers);
    site.stop();
}

#[test]
fn a_redeploy_in_tomcat_keeps_the_data_and_leaves_no_process() {
    let mut site = Wanted::polls(Tomcat10, "/ctx").redeploying().start();
    walk::redeploy(&mut site);
    site.stop();
}
