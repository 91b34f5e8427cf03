/**
 * The studio: a page in the browser, and the HTTP interface that it uses. It only carries what the
 * packages before it do; nothing is computed here.
 */
package org.hspace.studio;
