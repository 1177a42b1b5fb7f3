package org.djwar.runtime;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * djwar's door to the container's log: {@code java.util.logging}, which every container takes (Tomcat's JULI replaces it, others
 * bridge it or print it to stderr). Logger {@code org.djwar.NAME}, where NAME is the application.
 */
public final class Log {
    private final Logger logger;
    private final String name;
    private volatile Level threshold;

    /** A log for the application's name; own messages below {@code level} are left out. */
    public Log(String name, String level) {
        this.logger = Logger.getLogger("org.djwar." + name);
        this.name = name;
        this.threshold = parsed(level);
    }

    /** From which level on own messages are logged. */
    String level() {
        int value = threshold.intValue();
        return value <= Level.FINE.intValue() ? "debug" : value <= Level.INFO.intValue() ? "info"
                : value <= Level.WARNING.intValue() ? "warning" : "error";
    }

    /** Sets it; the container's own configuration of the logger {@code org.djwar} may still leave records out. */
    void level(String level) {
        threshold = known(level);
        if (!logger.isLoggable(threshold)) {
            logger.setLevel(threshold);
        }
    }

    private static Level known(String name) {
        return switch (name.toLowerCase(java.util.Locale.ROOT)) {
            case "debug", "info", "warning", "error" -> parsed(name);
            default -> throw new IllegalArgumentException("`debug`, `info`, `warning` or `error`, not `" + name + "`");
        };
    }

    /** Something that only who looks for an error wants to know. */
    public void debug(String message) {
        own(Level.FINE, message, null);
    }

    /** Something that an operator wants to know. */
    public void info(String message) {
        own(Level.INFO, message, null);
    }

    /** Something that an operator should look at. */
    public void warning(String message) {
        own(Level.WARNING, message, null);
    }

    /** Something that keeps the application from working. */
    public void error(String message, Throwable cause) {
        own(Level.SEVERE, message, cause);
    }

    /** A record of Python's {@code logging}: one record here too, whatever its newlines. */
    public void python(String pythonLevel, String source, String message) {
        write(parsed(pythonLevel), "python", source, message, null);
    }

    private void own(Level level, String message, Throwable cause) {
        if (level.intValue() >= threshold.intValue()) {
            write(level, "djwar", name, message, cause);
        }
    }

    private void write(Level level, String origin, String detail, String message, Throwable cause) {
        if (!logger.isLoggable(level)) {
            return;
        }
        LogRecord record = new LogRecord(level, message);
        record.setLoggerName(logger.getName());
        // Set, so that java.util.logging does not walk the stack to print our own class there.
        record.setSourceClassName(origin);
        record.setSourceMethodName(detail);
        record.setThrown(cause);
        logger.log(record);
    }

    private static Level parsed(String name) {
        switch (name.toUpperCase(java.util.Locale.ROOT)) {
            case "DEBUG":
                return Level.FINE;
            case "WARNING":
                return Level.WARNING;
            case "ERROR":
            case "CRITICAL":
                return Level.SEVERE;
            default:
                return Level.INFO;
        }
    }
}
