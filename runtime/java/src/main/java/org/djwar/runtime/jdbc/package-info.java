/**
 * The Java half of {@code runtime/python/djwar_jdbc}: what must be a Java class (functions and collations that SQLite
 * calls) and what is called for every value of a result. Knows nothing of Django, of servlets, or of the engine; loaded
 * by the Python modules alone, so that a WAR of another engine never links it.
 */
package org.djwar.runtime.jdbc;
