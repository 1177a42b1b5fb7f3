package org.djwar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParametersTest {
    private static final Map<String, String> NONE = Map.of();

    @Test
    void theTablesDefaultsHold() throws BootFailure {
        Parameters parameters = new Parameters(new Sources(NONE, NONE, NONE, NONE));
        assertEquals(2, parameters.count("djwar.processes"));
        assertEquals("cpython", parameters.text("djwar.engine"));
        assertTrue(parameters.isSet("djwar.adapt-urls"));
        assertTrue(parameters.list("djwar.data").isEmpty());
        assertEquals(262144, parameters.number("djwar.spool-memory"));
    }

    @Test
    void theOutermostSourceWins() throws BootFailure {
        Map<String, String> environment = Map.of("DJWAR_MAX_REQUESTS", "1");
        Map<String, String> properties = Map.of("djwar.max-requests", "2");
        Map<String, String> jndi = Map.of("djwar.max-requests", "3");
        Map<String, String> context = Map.of("djwar.max-requests", "4");
        assertEquals(1, new Parameters(new Sources(environment, properties, jndi, context)).count("djwar.max-requests"));
        assertEquals(2, new Parameters(new Sources(NONE, properties, jndi, context)).count("djwar.max-requests"));
        assertEquals(3, new Parameters(new Sources(NONE, NONE, jndi, context)).count("djwar.max-requests"));
        assertEquals(4, new Parameters(new Sources(NONE, NONE, NONE, context)).count("djwar.max-requests"));
    }

    @Test
    void aNameThatIsNoneIsReportedWithTheOneThatWasMeant() throws BootFailure {
        Map<String, String> context = Map.of("djwar.proceses", "4", "djwar.threads", "2", "djwar.env.ANYTHING", "x", "log4j.x", "y");
        Parameters parameters = new Parameters(new Sources(NONE, Map.of("djwar.nothing-like-it", "1"), NONE, context));
        assertEquals(List.of(
                "system property `djwar.nothing-like-it` means nothing to djwar and is ignored",
                "context-param `djwar.proceses` means nothing to djwar and is ignored; did you mean `djwar.processes`?"),
                parameters.unknown());
    }

    @ParameterizedTest
    @CsvSource({"djwar.processes,two", "djwar.processes,0", "djwar.threads,-1", "djwar.queue-timeout,30s", "djwar.adapt-urls,maybe",
        "djwar.log-level,loud", "djwar.max-body-size,99999999999999999999", "djwar.max-body-size,+5", "djwar.request-timeout,1.5",
        "djwar.request-timeout,2000000000", "djwar.threads,3000000000", "djwar.max-requests,-1"})
    void aBadValueNamesItselfAndItsOrigin(String name, String value) {
        BootFailure failure = assertThrows(
                BootFailure.class, () -> new Parameters(new Sources(Map.of(Sources.variable(name), value), NONE, NONE, NONE)));
        assertTrue(failure.getMessage().contains("`" + name + "`"), failure.getMessage());
        assertTrue(failure.getMessage().contains("environment variable `" + Sources.variable(name) + "`"), failure.getMessage());
        assertTrue(failure.getMessage().contains("`" + value + "`"), failure.getMessage());
    }

    @Test
    void pythonSeesTheOutermostValueOfEachVariable() {
        Map<String, String> result = PythonEnvironment.of(
                new Sources(
                        Map.of("A", "environment", "PYTHONHOME", "/host", "LD_PRELOAD", "x", "DJWAR_ENV_E", "direct"),
                        Map.of("djwar.env.A", "property", "djwar.env.B", "property"),
                        Map.of("djwar.env.B", "jndi", "djwar.env.C", "jndi"),
                        Map.of("djwar.env.C", "context", "djwar.env.D", "context", "djwar.processes", "2")),
                true);
        assertEquals(Map.of("A", "environment", "B", "property", "C", "jndi", "D", "context", "E", "direct"), result);
    }

    @Test
    void withoutInheritanceOnlyWhatAProcessNeedsComesFromTheHost() {
        Map<String, String> result = PythonEnvironment.of(
                new Sources(Map.of("PATH", "/bin", "SECRET", "x", "LC_ALL", "C"), NONE, NONE, Map.of("djwar.env.D", "d")), false);
        assertEquals(Map.of("PATH", "/bin", "LC_ALL", "C", "D", "d"), result);
        assertFalse(result.containsKey("SECRET"));
    }
}
