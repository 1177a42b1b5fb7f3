package org.djwar.runtime.cpython;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.djwar.runtime.Log;

/** Brings Python's standard error to the container's log, records of {@code logging} with their level (protocol, "Log lines"). */
final class PythonLog {
    private static final int LONGEST = 64 * 1024;
    private static final int REMEMBERED = 20;
    private static final String RECORD = "\u001e";
    private static final String FIELD = "\u001f";
    private static final char NEWLINE = '\u001d';

    private final Log log;
    private final Deque<String> last = new ArrayDeque<>();

    PythonLog(Log log) {
        this.log = log;
    }

    /** Reads until the stream's end. */
    void read(InputStream stream) {
        byte[] line = new byte[1024];
        int length = 0;
        boolean isTooLong = false;
        byte[] chunk = new byte[8192];
        try (stream) {
            for (int got = stream.read(chunk); got >= 0; got = stream.read(chunk)) {
                for (int i = 0; i < got; i++) {
                    if (chunk[i] == '\n') {
                        line(line, length, isTooLong);
                        length = 0;
                        isTooLong = false;
                    } else if (length < LONGEST) {
                        if (length == line.length) {
                            line = Arrays.copyOf(line, length * 2);
                        }
                        line[length++] = chunk[i];
                    } else {
                        isTooLong = true;
                    }
                }
            }
        } catch (IOException e) {
            log.debug("Python's standard error closed: " + e.getMessage());
        }
        if (length > 0) {
            line(line, length, isTooLong);
        }
    }

    private void line(byte[] bytes, int length, boolean isTooLong) {
        String text = new String(bytes, 0, length, StandardCharsets.UTF_8) + (isTooLong ? " [cut]" : "");
        if (text.startsWith(RECORD)) {
            String[] fields = text.substring(1).split(FIELD, 3);
            if (fields.length == 3) {
                log.python(fields[0], fields[1], fields[2].replace(NEWLINE, '\n'));
                return;
            }
        }
        synchronized (last) {
            last.addLast(text);
            if (last.size() > REMEMBERED) {
                last.removeFirst();
            }
        }
        if (!text.isBlank()) {
            log.python("INFO", "stderr", text);
        }
    }

    /** The interpreter runs: what comes from now on explains no failed start. */
    void forget() {
        synchronized (last) {
            last.clear();
        }
    }

    /** The last lines that were no log records: what a dying interpreter says. */
    List<String> lastLines() {
        synchronized (last) {
            return List.copyOf(last);
        }
    }
}
