/** Thin adapters to the servlet API; the build derives the ones for the other namespace from these. */
package org.djwar.runtime.jakarta;
