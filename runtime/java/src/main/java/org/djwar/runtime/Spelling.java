package org.djwar.runtime;

import java.util.Collection;

/** Finds the name that somebody meant. */
final class Spelling {
    /** More wrong letters than these are another word. */
    private static final int MOST = 3;

    private Spelling() {}

    /** The known name with the fewest letters to change, or null when none is near. */
    static String nearest(String name, Collection<String> known) {
        String best = null;
        int least = MOST + 1;
        for (String candidate : known) {
            int distance = distance(name, candidate);
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return best;
    }

    /** Levenshtein's: letters to insert, remove or replace. */
    private static int distance(String left, String right) {
        int[] row = new int[right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int replaced = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[right.length()];
    }
}
