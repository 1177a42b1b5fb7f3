package org.djwar.runtime.jdbc;

/** Reads the numbers of a date, a time or an interval, one after the other. */
final class TextScanner {
    private final String text;
    private int at;

    TextScanner(String text) {
        this.text = text;
    }

    boolean ended() {
        return at >= text.length();
    }

    char peek() {
        return ended() ? '\0' : text.charAt(at);
    }

    void skip() {
        at++;
    }

    /** Whether the next character is this one; it is then behind us. */
    boolean takes(char wanted) {
        if (peek() != wanted) {
            return false;
        }
        at++;
        return true;
    }

    /** Digits as a number. */
    int number() {
        int start = at;
        int number = 0;
        while (peek() >= '0' && peek() <= '9') {
            number = Math.addExact(Math.multiplyExact(number, 10), text.charAt(at++) - '0');
        }
        if (at == start) {
            throw new IllegalArgumentException(text);
        }
        return number;
    }

    /** The digits of a fraction of a second as microseconds; 0 when there is no fraction. */
    int microseconds() {
        if (!takes('.')) {
            return 0;
        }
        int start = at;
        int digits = number();
        for (int length = at - start; length < 6; length++) {
            digits *= 10;
        }
        return digits;
    }

    /** Letters up to the next that is none. */
    String word() {
        int start = at;
        while (Character.isLetter(peek())) {
            at++;
        }
        return text.substring(start, at);
    }

    /** {@code +02}, {@code -03:30} or {@code +00:19:32} as minutes, rounded like psycopg2 does; 0 when there is none. */
    int offsetInMinutes() {
        int sign = takes('-') ? -1 : 1;
        if (sign > 0 && !takes('+')) {
            return 0;
        }
        int seconds = number() * 3600;
        if (takes(':')) {
            seconds += number() * 60;
        }
        if (takes(':')) {
            seconds += number();
        }
        return sign * ((seconds + 30) / 60);
    }
}
