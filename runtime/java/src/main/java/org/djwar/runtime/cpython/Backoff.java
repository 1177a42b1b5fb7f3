package org.djwar.runtime.cpython;

import java.util.concurrent.TimeUnit;

/** How long to wait before starting again what keeps dying: not at all at first, half a minute at most. */
final class Backoff {
    private static final long LONG_LIFE = TimeUnit.SECONDS.toNanos(10);
    private static final long FIRST = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(30);

    private int failures;
    private long until;

    void failed(long livedNanos) {
        failures = livedNanos > LONG_LIFE ? 1 : failures + 1;
        // One death is an accident and costs nothing; a worker a second is a pattern.
        long delay = failures <= 3 ? 0 : Math.min(LONGEST, FIRST << Math.min(failures - 4, 10));
        until = System.nanoTime() + delay;
    }

    boolean isOver() {
        return failures == 0 || System.nanoTime() - until >= 0;
    }
}
