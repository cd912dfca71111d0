"""The embedded AWS endpoint and Redshift stand-in. Nothing outside this package and the command knows of them."""
