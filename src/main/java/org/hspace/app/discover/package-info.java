/** Ways to find directions over a model that take long: they go on where they were interrupted. */
package org.hspace.app.discover;
