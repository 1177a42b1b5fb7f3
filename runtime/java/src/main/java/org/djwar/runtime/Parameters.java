package org.djwar.runtime;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The typed values of the parameters in {@code parameters.tsv}, the one home of their names, types and defaults. */
public final class Parameters {
    private static final String FAMILY = "family";
    private static final List<String> LEVELS = List.of("debug", "info", "warning", "error");
    private static final Map<String, Definition> DEFINITIONS = definitions();
    /** Up to the part of the name that the user chooses: {@code djwar.env.}. */
    private static final List<String> FAMILIES = families();

    private final Sources sources;

    private record Definition(String type, String fallback) {}

    /**
     * Checks every value at once, so that a typo shows at the start and not at the first request.
     *
     * @throws BootFailure when a value is no value of its type
     */
    public Parameters(Sources sources) throws BootFailure {
        this.sources = sources;
        for (Map.Entry<String, Definition> entry : DEFINITIONS.entrySet()) {
            check(entry.getKey(), entry.getValue().type());
        }
    }

    /** What is set but means nothing, each as a line for the log: a typo must not pass for a setting. */
    public List<String> unknown() {
        List<String> found = new ArrayList<>();
        report(found, sources.properties(), "system property `");
        report(found, sources.jndi(), "JNDI entry `java:comp/env/");
        report(found, sources.context(), "context-param `");
        return found;
    }

    private static void report(List<String> found, Map<String, String> source, String origin) {
        for (String name : new TreeSet<>(source.keySet())) {
            if (name.startsWith("djwar.") && FAMILIES.stream().noneMatch(name::startsWith) && !DEFINITIONS.containsKey(name)) {
                String nearest = Spelling.nearest(name, DEFINITIONS.keySet());
                found.add(origin + name + "` means nothing to djwar and is ignored"
                        + (nearest == null ? "" : "; did you mean `" + nearest + "`?"));
            }
        }
    }

    /** Where the values come from. */
    public Sources sources() {
        return sources;
    }

    /** A text. */
    public String text(String name) {
        Sources.Value value = sources.find(name);
        return value == null ? definition(name).fallback() : value.text().trim();
    }

    /** A comma-separated list, without its empty items. */
    public List<String> list(String name) {
        List<String> items = new ArrayList<>();
        for (String item : text(name).split(",")) {
            if (!item.isBlank()) {
                items.add(item.trim());
            }
        }
        return items;
    }

    /** What is set below a prefix, by the rest of the name: {@code djwar.datasource.ALIAS}. */
    public Map<String, String> prefixed(String prefix) {
        Map<String, String> found = new TreeMap<>();
        for (Map<String, String> source : List.of(sources.context(), sources.jndi(), sources.properties())) {
            source.forEach((name, value) -> {
                if (name.startsWith(prefix) && name.length() > prefix.length()) {
                    found.put(name.substring(prefix.length()), value.trim());
                }
            });
        }
        String variable = Sources.variable(prefix);
        sources.environment().forEach((name, value) -> {
            if (name.startsWith(variable) && name.length() > variable.length()) {
                found.put(name.substring(variable.length()).toLowerCase(Locale.ROOT), value.trim());
            }
        });
        return found;
    }

    /** A whole number, also of seconds or bytes. */
    public long number(String name) {
        return Long.parseLong(text(name));
    }

    /** A whole number that counts things. */
    public int count(String name) {
        return Math.toIntExact(number(name));
    }

    /** A yes or no. */
    public boolean isSet(String name) {
        return parseBoolean(text(name));
    }

    private static Definition definition(String name) {
        Definition definition = DEFINITIONS.get(name);
        if (definition == null) {
            throw new IllegalArgumentException("no parameter `" + name + "` in parameters.tsv");
        }
        return definition;
    }

    private void check(String name, String type) throws BootFailure {
        Sources.Value value = sources.find(name);
        if (value == null) {
            return;
        }
        String text = value.text().trim();
        String wanted = null;
        switch (type) {
            case "integer", "count", "seconds", "bytes" -> {
                boolean needsOne = type.equals("count");
                long largest = type.equals("bytes") ? Long.MAX_VALUE : 1_000_000_000L;
                if (!text.matches("[0-9]{1,18}") || Long.parseLong(text) > largest || needsOne && Long.parseLong(text) < 1) {
                    wanted = "a whole number" + (type.equals("seconds") || type.equals("bytes") ? " of " + type : "") + (needsOne ? ", 1 or more" : ", 0 or more");
                }
            }
            case "boolean" -> wanted = parseBoolean(text) == null ? "`true` or `false`" : null;
            case "level" -> wanted = LEVELS.contains(text) ? null : "`debug`, `info`, `warning` or `error`";
            default -> { }
        }
        if (wanted != null) {
            throw new BootFailure("parameter `" + name + "` must be " + wanted + ", but " + value.origin() + " says: `" + text + "`");
        }
    }

    private static Boolean parseBoolean(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on", "1" -> Boolean.TRUE;
            case "false", "no", "off", "0" -> Boolean.FALSE;
            default -> null;
        };
    }

    private static List<String> families() {
        return DEFINITIONS.entrySet().stream()
                .filter(entry -> entry.getValue().type().equals(FAMILY))
                .map(entry -> entry.getKey().substring(0, entry.getKey().lastIndexOf('.') + 1))
                .toList();
    }

    private static Map<String, Definition> definitions() {
        Map<String, Definition> definitions = new LinkedHashMap<>();
        try (InputStream stream = Parameters.class.getResourceAsStream("parameters.tsv");
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("#") && !line.isBlank()) {
                    String[] columns = line.split("\t", -1);
                    definitions.put(columns[0], new Definition(columns[1], columns[2]));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return definitions;
    }
}
