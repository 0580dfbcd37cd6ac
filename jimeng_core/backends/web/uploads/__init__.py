"""Upload of pictures to the site's store."""
