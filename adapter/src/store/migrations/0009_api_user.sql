-- Whose source ids PTV has: the SHA-256 of the API user's name, in hexadecimal.
ALTER TABLE ptv_watch ADD COLUMN api_user TEXT;
