package org.djwar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class LatenciesTest {
    @Test
    void nothingWasCountedYet() {
        assertEquals(0, new Latencies().percentile(0.99));
    }

    @Test
    void percentilesAreRightWithinAnEighth() {
        Latencies latencies = new Latencies();
        for (int i = 1; i <= 1000; i++) {
            latencies.add(i * 1_000_000L);
        }
        for (double part : new double[] {0.5, 0.95, 0.99}) {
            double wanted = part * 1000;
            double found = latencies.percentile(part);
            assertTrue(found >= wanted && found <= wanted * 1.13, part + ": " + found);
        }
    }

    @Test
    void noDurationIsTooShortOrTooLong() {
        Latencies latencies = new Latencies();
        latencies.add(0);
        latencies.add(-1);
        latencies.add(Long.MAX_VALUE);
        assertTrue(latencies.percentile(1) > 1e9);
    }
}
