package org.djwar.runtime.jython;

import java.util.Map;
import org.djwar.runtime.Log;

/** What the Python half sees of the engine. */
public final class Host {
    private final Log log;
    private final Map<String, Object> settings;

    Host(Log log, Map<String, Object> settings) {
        this.log = log;
        this.settings = settings;
    }

    /** A setting of the start: text or boolean. */
    public Object setting(String name) {
        return settings.get(name);
    }

    /** One record of {@code logging}. */
    public void record(String level, String logger, String text) {
        log.python(level, logger, text);
    }

    /** djwar's own message. */
    public void debug(String text) {
        log.debug(text);
    }

    /** djwar's own message. */
    public void warning(String text) {
        log.warning(text);
    }
}
