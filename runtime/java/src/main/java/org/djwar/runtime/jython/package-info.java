/** The engine {@code jython}: Django inside the container's JVM. Only these classes refer to Jython's. */
package org.djwar.runtime.jython;
