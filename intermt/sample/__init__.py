"""The bundled sample: seed questions, pictures, synthetic votes."""
