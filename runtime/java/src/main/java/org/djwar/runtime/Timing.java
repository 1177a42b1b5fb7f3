package org.djwar.runtime;

/** Where the time of one request went, for the access log; nobody makes one when that is off. */
public final class Timing {
    private final long began = System.nanoTime();
    private long taken;
    private long answered;
    private long process;

    /** A worker is there: the wait is over. */
    public void taken(long pid) {
        taken = System.nanoTime();
        process = pid;
    }

    /** Python has begun to answer. */
    public void answered() {
        answered = System.nanoTime();
    }

    /** {@code 4711 queue 0.1 python 12.3 write 0.2}: the worker's process and milliseconds; {@code -} for what was not reached. */
    String describe() {
        long now = System.nanoTime();
        return (process == 0 ? "-" : String.valueOf(process))
                + " queue " + (taken == 0 ? "-" : milliseconds(taken - began))
                + " python " + (answered == 0 ? "-" : milliseconds(answered - taken))
                + " write " + (answered == 0 ? "-" : milliseconds(now - answered));
    }

    private static String milliseconds(long nanos) {
        return String.format(java.util.Locale.ROOT, "%.1f", nanos / 1e6);
    }
}
