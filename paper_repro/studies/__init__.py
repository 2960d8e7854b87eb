"""Studies: what is asked, how it is made, and how it is judged and told."""
