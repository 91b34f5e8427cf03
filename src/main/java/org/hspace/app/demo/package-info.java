/** The demonstration on the shipped model: a list of panels, each of which makes figures. */
package org.hspace.app.demo;
