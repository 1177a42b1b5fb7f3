//! Which files a WAR holds.

use super::ordinary;

#[test]
fn names_of_people_are_packed_as_they_are() {
    let tree = ordinary();
    let odd = [
        "B\u{fc}cher app/\u{e9}t\u{e9} #1.txt",
        "polls/\u{65e5}\u{672c}.py",
        "polls/$(x) 'y'.txt",
        "polls/-rf",
    ];
    for path in odd {
        tree.write(path, "text");
    }
    let project = tree.scan();
    for path in odd {
        assert!(super::paths(&project).contains(&path.to_owned()), "{path}");
    }
}

#[test]
fn a_built_front_end_is_packed_and_its_packages_are_not() {
    let tree = ordinary();
    tree.write(".gitignore", "frontend/dist/\nnode_modules/\n");
    tree.write("frontend/dist/assets/index-1a2b.js", "x");
    tree.write("frontend/node_modules/vue/index.js", "x");
    tree.write("packages/ui/node_modules/react/index.js", "x");
    let project = tree.scan();
    assert!(super::paths(&project).contains(&"frontend/dist/assets/index-1a2b.js".to_owned()));
    assert!(
        !super::paths(&project)
            .iter()
            .any(|path| path.contains("node_modules"))
    );
    let left_out: Vec<&str> = project
        .exclude
        .iter()
        .map(|one| one.path.as_str())
        .collect();
    assert!(left_out.contains(&"frontend/node_modules/"));
    assert!(left_out.contains(&"packages/ui/node_modules/"));
}
