"""One module a page, with one ``render()``: inputs, a service call, figures."""
