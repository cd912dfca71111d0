"""The form of a parameter file in a notebook that somebody looks at: plain ipywidgets, imported only there."""
