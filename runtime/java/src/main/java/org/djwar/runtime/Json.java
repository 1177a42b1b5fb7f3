package org.djwar.runtime;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes JSON (RFC 8259), as far as the worker protocol needs it; a library would be one more jar in every WAR. */
public final class Json {
    private static final int DEEPEST = 32;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Reads an object. Numbers become Double, null stays null. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.space();
        if (json.at != text.length() || !(value instanceof Map)) {
            throw json.wrong("one object");
        }
        return (Map<String, Object>) value;
    }

    /** Writes an object of texts, numbers and booleans. */
    public static String write(Map<String, ?> object) {
        StringBuilder out = new StringBuilder("{");
        for (Map.Entry<String, ?> entry : object.entrySet()) {
            out.append(out.length() > 1 ? "," : "");
            quote(out, entry.getKey());
            out.append(':');
            if (entry.getValue() instanceof Number || entry.getValue() instanceof Boolean) {
                out.append(entry.getValue());
            } else {
                quote(out, String.valueOf(entry.getValue()));
            }
        }
        return out.append('}').toString();
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private Object value(int depth) {
        if (depth > DEEPEST) {
            throw wrong("less nesting");
        }
        char c = next();
        switch (c) {
            case '{':
                return map(depth);
            case '[':
                return list(depth);
            case '"':
                return string();
            default:
                at--;
                int start = at;
                while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
                    at++;
                }
                return literal(text.substring(start, at));
        }
    }

    private Object literal(String word) {
        switch (word) {
            case "true":
                return Boolean.TRUE;
            case "false":
                return Boolean.FALSE;
            case "null":
                return null;
            default:
                try {
                    return Double.valueOf(word);
                } catch (NumberFormatException e) {
                    throw wrong("a value");
                }
        }
    }

    private Map<String, Object> map(int depth) {
        Map<String, Object> map = new LinkedHashMap<>();
        if (next() == '}') {
            return map;
        }
        at--;
        while (true) {
            expect('"');
            String key = string();
            expect(':');
            map.put(key, value(depth + 1));
            if (next() == '}') {
                return map;
            }
            at--;
            expect(',');
        }
    }

    private List<Object> list(int depth) {
        List<Object> list = new ArrayList<>();
        if (next() == ']') {
            return list;
        }
        at--;
        while (true) {
            list.add(value(depth + 1));
            if (next() == ']') {
                return list;
            }
            at--;
            expect(',');
        }
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        while (true) {
            char c = raw();
            if (c == '"') {
                return out.toString();
            }
            out.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() {
        char c = raw();
        if (c == 'u') {
            if (at + 4 > text.length()) {
                throw wrong("four hex digits");
            }
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        int known = "bfnrt\"\\/".indexOf(c);
        if (known < 0) {
            throw wrong("an escape");
        }
        return "\b\f\n\r\t\"\\/".charAt(known);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char next() {
        space();
        return raw();
    }

    private char raw() {
        if (at >= text.length()) {
            throw wrong("more");
        }
        return text.charAt(at++);
    }

    private void expect(char wanted) {
        if (next() != wanted) {
            throw wrong("`" + wanted + "`");
        }
    }

    private IllegalArgumentException wrong(String expected) {
        return new IllegalArgumentException("no JSON: expected " + expected + " at offset " + at);
    }
}
