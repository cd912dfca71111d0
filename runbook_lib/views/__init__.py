"""Draw values as HTML, text and Markdown."""
