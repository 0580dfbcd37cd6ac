"""Upload of files to the site's stores."""
