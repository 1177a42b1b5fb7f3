package org.djwar.runtime.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The tests of {@code runtime/python/jdbc_tests}. In a JVM of their own: Jython is one for each JVM or class loader, and
 * the engine's tests must be the first to touch theirs.
 */
@Timeout(300)
class DatabaseModulesTest {
    private static final Path PYTHON = Path.of("../python").toAbsolutePath().normalize();
    private static final Pattern COUNT = Pattern.compile("Ran (\\d+) tests? in");

    @Test
    void modulesThatNeedNoServer() throws Exception {
        run(42, 0, "test_sqlite3", "test_datasource", "test_mysqldb");
    }

    @Test
    void postgres() throws Exception {
        Path programs = PostgresCluster.programs();
        if (programs == null) {
            String reason = "SKIPPED: the tests of psycopg2 need a PostgreSQL server, and there is no /usr/lib/postgresql/*/bin/initdb: "
                    + "install Debian's package `postgresql`";
            System.err.println(reason);
            Assumptions.abort(reason);
        }
        try (PostgresCluster cluster = PostgresCluster.start(programs)) {
            run(28, cluster.port(), "test_psycopg2");
        }
    }

    /** Runs the modules' tests; {@code least} are there, so that an empty run can't pass. */
    private static void run(int least, int port, String... modules) throws IOException, InterruptedException {
        String path = String.join(File.pathSeparator, PYTHON.resolve("djwar_jdbc").toString(), PYTHON.resolve("jdbc_tests").toString());
        List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), "-Dpython.cachedir.skip=true", "-Dpython.import.site=false",
                "-Dpython.console.encoding=UTF-8", "-Dpython.path=" + path, "org.python.util.jython", "-B", "-m", "unittest"));
        line.addAll(List.of(modules));
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().put("TEST_PGPORT", Integer.toString(port));
        Process jython = builder.start();
        jython.getOutputStream().close();
        String said = new String(jython.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, jython.waitFor(), said);
        Matcher count = COUNT.matcher(said);
        assertTrue(count.find() && Integer.parseInt(count.group(1)) >= least && !said.contains("skipped="), said);
    }
}
