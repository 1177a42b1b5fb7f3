package org.djwar.runtime.jython;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.python.core.PyObject;

/** What Jython finds of its own library. */
@Timeout(120)
class ImportTest {
    @TempDir
    Path folder;

    private void write(String path, String text) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** The module {@code pkg.a} of a project, in a new Jython. */
    private PyObject imported(String source) throws IOException {
        write("pkg/__init__.py", "");
        write("pkg/a.py", source);
        Interpreter interpreter = new Interpreter(new Launch(null, List.of(folder), folder, Map.of(), Map.of()));
        return interpreter.load("pkg.a");
    }

    @Test
    void theStandardLibrarysByteCodeIsUsedInEveryTimeZone() throws Exception {
        List<String> refused = new ArrayList<>();
        Logger logger = Logger.getLogger("org.python.import");
        Handler handler = new Handler() {
            @Override public void publish(LogRecord record) {
                if (record.getMessage().contains("later than source")) {
                    refused.add(MessageFormat.format(record.getMessage(), record.getParameters()));
                }
            }
            @Override public void flush() { }
            @Override public void close() { }
        };
        TimeZone zone = TimeZone.getDefault();
        logger.setLevel(Level.FINE);
        logger.addHandler(handler);
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
        try {
            imported("import sched, colorsys, json.tool\n");
        } finally {
            TimeZone.setDefault(zone);
            logger.removeHandler(handler);
            logger.setLevel(null);
        }
        assertEquals(List.of(), refused);
    }
}
