//! How the result of `djwar verify` is written: a table for people, `JUnit` XML
//! for CI servers.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::deploy::{CellOutcome, Check, Step, StepResult};

/// A row a cell, a column a step, and the count.
pub(super) fn table(cells: &[CellOutcome]) -> String {
    let mut rows = vec![
        ["container", "at", "WAR"]
            .into_iter()
            .chain(Step::ALL.iter().map(|step| step.as_str()))
            .map(str::to_owned)
            .collect::<Vec<String>>(),
    ];
    for cell in cells {
        let packed = if cell.packed { "packed" } else { "unpacked" };
        let mut row = vec![
            cell.container.to_owned(),
            cell.context.clone(),
            packed.to_owned(),
        ];
        row.extend(Step::ALL.iter().map(|step| shown(cell, *step)));
        rows.push(row);
    }
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
        .collect();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let padded: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(text, width)| format!("{text:width$}"))
                .collect();
            padded.join("  ").trim_end().to_owned()
        })
        .collect();
    let works = cells.iter().filter(|cell| cell.works()).count();
    lines.push(format!("{works} of {} deployments work", cells.len()));
    lines.join("\n")
}

/// `ok`, `FAILS`, or `-` for what was not tried.
fn shown(cell: &CellOutcome, step: Step) -> String {
    let check = cell.checks.iter().find(|check| check.step == step);
    match check.map(|check| (&check.result, check.seconds)) {
        Some((StepResult::Passed, seconds)) if step == Step::Start => format!("{seconds:.1} s"),
        Some((StepResult::Passed, _)) => "ok".to_owned(),
        Some((StepResult::Failed(_), _)) => "FAILS".to_owned(),
        Some((StepResult::Skipped(_), _)) | None => "-".to_owned(),
    }
}

/// A suite a cell, a test case a step: the format that Jenkins, GitLab and the
/// like read.
pub(super) fn junit(cells: &[CellOutcome]) -> std::io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let total = count(cells, |_| true);
    writer
        .create_element("testsuites")
        .with_attribute(("name", "djwar verify"))
        .with_attribute(("tests", total.as_str()))
        .with_attribute(("failures", count(cells, has_failed).as_str()))
        .with_attribute(("skipped", count(cells, was_skipped).as_str()))
        .write_inner_content(|writer| cells.iter().try_for_each(|cell| suite(writer, cell)))?;
    let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    text.push('\n');
    Ok(text)
}

fn suite(writer: &mut Writer<Vec<u8>>, cell: &CellOutcome) -> std::io::Result<()> {
    let packed = if cell.packed { ", packed" } else { "" };
    let name = format!("{} at {}{packed}", cell.container, cell.context);
    let one = std::slice::from_ref(cell);
    writer
        .create_element("testsuite")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("tests", count(one, |_| true).as_str()))
        .with_attribute(("failures", count(one, has_failed).as_str()))
        .with_attribute(("skipped", count(one, was_skipped).as_str()))
        .with_attribute(("time", format!("{:.3}", cell.seconds()).as_str()))
        .write_inner_content(|writer| {
            for check in &cell.checks {
                case(writer, &name, check)?;
            }
            if let Some(log) = &cell.log {
                writer
                    .create_element("system-out")
                    .write_text_content(BytesText::new(&printable(log)))?;
            }
            Ok(())
        })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, class: &str, check: &Check) -> std::io::Result<()> {
    let time = format!("{:.3}", check.seconds);
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", class))
        .with_attribute(("name", check.step.as_str()))
        .with_attribute(("time", time.as_str()));
    match &check.result {
        StepResult::Passed => element.write_empty()?,
        StepResult::Failed(problems) => element.write_inner_content(|writer| {
            let problems: Vec<String> = problems.iter().map(|one| printable(one)).collect();
            writer
                .create_element("failure")
                .with_attribute(("message", problems[0].as_str()))
                .write_text_content(BytesText::new(&problems.join("\n")))?;
            Ok(())
        })?,
        StepResult::Skipped(reason) => element.write_inner_content(|writer| {
            writer
                .create_element("skipped")
                .with_attribute(("message", *reason))
                .write_empty()?;
            Ok(())
        })?,
    };
    Ok(())
}

fn count(cells: &[CellOutcome], wanted: fn(&Check) -> bool) -> String {
    let checks = cells.iter().flat_map(|cell| &cell.checks);
    checks.filter(|check| wanted(check)).count().to_string()
}

fn has_failed(check: &Check) -> bool {
    matches!(check.result, StepResult::Failed(_))
}

fn was_skipped(check: &Check) -> bool {
    matches!(check.result, StepResult::Skipped(_))
}

/// Without what XML 1.0 has no way to write (§2.2): a log may hold anything.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> CellOutcome {
        let check = |step, result| Check {
            step,
            result,
            seconds: 1.25,
        };
        CellOutcome {
            container: "tomcat-11",
            context: "/ctx".to_owned(),
            packed: true,
            checks: vec![
                check(Step::Start, StepResult::Passed),
                check(
                    Step::Pages,
                    StepResult::Failed(vec!["`/` shows <no> \"polls\" & more".to_owned()]),
                ),
                check(Step::StaticFiles, StepResult::Skipped("there are none")),
            ],
            log: Some("a\u{1b}[0m line".to_owned()),
        }
    }

    #[test]
    fn the_table_has_a_row_a_cell_and_says_how_many_work() {
        let table = table(&[cell()]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines,
            [
                "container  at    WAR     start  pages  static files  closed folders  redeploy  stop",
                "tomcat-11  /ctx  packed  1.2 s  FAILS  -             -               -         -",
                "0 of 1 deployments work",
            ]
        );
    }

    #[test]
    fn junit_has_a_suite_a_cell_and_a_case_a_step() {
        let text = junit(&[cell()]).expect("written");
        insta::assert_snapshot!(text, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="djwar verify" tests="3" failures="1" skipped="1">
          <testsuite name="tomcat-11 at /ctx, packed" tests="3" failures="1" skipped="1" time="3.750">
            <testcase classname="tomcat-11 at /ctx, packed" name="start" time="1.250"/>
            <testcase classname="tomcat-11 at /ctx, packed" name="pages" time="1.250">
              <failure message="`/` shows &lt;no&gt; &quot;polls&quot; &amp; more">`/` shows &lt;no&gt; &quot;polls&quot; &amp; more</failure>
            </testcase>
            <testcase classname="tomcat-11 at /ctx, packed" name="static files" time="1.250">
              <skipped message="there are none"/>
            </testcase>
            <system-out>a[0m line</system-out>
          </testsuite>
        </testsuites>
        "#);
    }
}
