package org.djwar.runtime.cpython;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.djwar.runtime.Parameters;

/**
 * The numbers of the engine; times in nanoseconds, 0 for none.
 *
 * @param processes workers
 * @param threads threads of each
 * @param maxRequests requests after which a worker is replaced
 * @param jitter how many more at most
 * @param start for the import of the project
 * @param stop for running requests at the end
 * @param request for one request that sends nothing
 * @param queue for a request without a worker
 * @param overflow bytes on disk for responses whose clients are slow
 */
public record Limits(
        int processes, int threads, int maxRequests, int jitter, long start, long stop, long request, long queue, long overflow) {

    /** The limits that the parameters set. */
    public static Limits of(Parameters parameters) {
        return new Limits(
                parameters.count("djwar.processes"),
                parameters.count("djwar.threads"),
                parameters.count("djwar.max-requests"),
                parameters.count("djwar.max-requests-jitter"),
                TimeUnit.SECONDS.toNanos(parameters.number("djwar.start-timeout")),
                TimeUnit.SECONDS.toNanos(parameters.number("djwar.stop-timeout")),
                TimeUnit.SECONDS.toNanos(parameters.number("djwar.request-timeout")),
                TimeUnit.SECONDS.toNanos(parameters.number("djwar.queue-timeout")),
                parameters.number("djwar.response-spool"));
    }

    /** After how many requests a new worker is to be replaced; never: the largest number. */
    int lifetime() {
        if (maxRequests == 0) {
            return Integer.MAX_VALUE;
        }
        return maxRequests + (jitter == 0 ? 0 : ThreadLocalRandom.current().nextInt(jitter + 1));
    }
}
