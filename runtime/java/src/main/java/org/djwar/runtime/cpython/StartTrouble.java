package org.djwar.runtime.cpython;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says in one line why an interpreter that this host can't run does not run, and what helps. */
final class StartTrouble {
    private static final Pattern GLIBC = Pattern.compile("version [`']GLIBC_([0-9.]+)' not found");
    private static final Pattern LIBRARY = Pattern.compile("(?:loading shared libraries: |ImportError: )(lib[^:\\s]+): cannot open shared object");
    private static final String ALTERNATIVES = "name another interpreter with `djwar.python` (`host`, or a path), or build the WAR with `python = \"file:…\"`";

    private StartTrouble() {}

    /** For a process that could not be started at all. */
    static String explain(IOException e, String interpreter) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("error=8")) {
            return "this host can't run " + interpreter + ": it is built for another platform than " + host() + "; " + ALTERNATIVES;
        }
        if (message.contains("error=2,")) {
            return "this host can't run " + interpreter + ": the file or the dynamic loader that it needs is missing (is this a host without glibc, "
                    + "such as Alpine?); " + ALTERNATIVES;
        }
        if (message.contains("error=13")) {
            return "this host can't run " + interpreter + ": permission denied (is the folder mounted `noexec`? `djwar.work-dir` names another)";
        }
        return "this host can't run " + interpreter + ": " + message;
    }

    /** For a process that ended by itself. */
    static String explain(int status, List<String> lines, String interpreter) {
        String known = explain(String.join("\n", lines), interpreter);
        if (known != null) {
            return known;
        }
        String reason = "Python ended with status " + status;
        return lines.isEmpty() ? reason : reason + ": " + lines.get(lines.size() - 1);
    }

    /** For what the dynamic loader or an import says; null when nothing in it is known. */
    static String explain(String text, String interpreter) {
        Matcher glibc = GLIBC.matcher(text);
        if (glibc.find()) {
            return "this host can't run " + interpreter + ": its glibc is older than " + glibc.group(1) + "; " + ALTERNATIVES;
        }
        Matcher library = LIBRARY.matcher(text);
        if (library.find()) {
            return "this host lacks the system library `" + library.group(1) + "`, which " + interpreter
                    + " or a package needs; install it, or " + ALTERNATIVES;
        }
        return null;
    }

    private static String host() {
        return System.getProperty("os.name") + " " + System.getProperty("os.arch");
    }
}
