package org.djwar.runtime;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.NameClassPair;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;

/**
 * Where the values of parameters come from, the outermost first: environment variables, system properties, JNDI entries of the
 * application, context parameters. One WAR, many environments: who runs it wins over who built it.
 *
 * @param environment the container's environment variables
 * @param properties the JVM's system properties
 * @param jndi entries below {@code java:comp/env} that start with {@code djwar.}
 * @param context context parameters, below those of the filter or servlet
 */
public record Sources(
        Map<String, String> environment,
        Map<String, String> properties,
        Map<String, String> jndi,
        Map<String, String> context) {

    /** A value, and the place it was read from as a user would name it. */
    public record Value(String text, String origin) {}

    /** The real sources of a running container. */
    public static Sources of(Container container) {
        Map<String, String> properties = new TreeMap<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("djwar.")) {
                properties.put(name, System.getProperty(name));
            }
        }
        return new Sources(System.getenv(), properties, jndiEntries(), container.parameters());
    }

    /** The outermost value of a parameter, or null. */
    public Value find(String name) {
        String variable = variable(name);
        if (environment.containsKey(variable)) {
            return new Value(environment.get(variable), "environment variable `" + variable + "`");
        }
        if (properties.containsKey(name)) {
            return new Value(properties.get(name), "system property `" + name + "`");
        }
        if (jndi.containsKey(name)) {
            return new Value(jndi.get(name), "JNDI entry `java:comp/env/" + name + "`");
        }
        if (context.containsKey(name)) {
            return new Value(context.get(name), "context-param `" + name + "`");
        }
        return null;
    }

    /** The environment variable of a parameter: {@code djwar.max-requests} is {@code DJWAR_MAX_REQUESTS}. */
    public static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private static Map<String, String> jndiEntries() {
        Map<String, String> entries = new LinkedHashMap<>();
        try {
            InitialContext initial = new InitialContext();
            try {
                Context context = (Context) initial.lookup("java:comp/env");
                NamingEnumeration<NameClassPair> names = context.list("");
                while (names.hasMore()) {
                    String name = names.next().getName();
                    if (name.startsWith("djwar.")) {
                        entries.put(name, String.valueOf(context.lookup(name)));
                    }
                }
            } finally {
                initial.close();
            }
        } catch (NamingException | LinkageError | ClassCastException e) {
            // A container without naming, or an application without entries: nothing to read.
            return entries;
        }
        return entries;
    }
}
