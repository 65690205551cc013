-- The countries that clients come from. The only place with a GEOGRAPHY: DuckDB holds its text.

CREATE SCHEMA business;

CREATE TABLE business.countries (
  country VARCHAR PRIMARY KEY,
  country_name VARCHAR NOT NULL,
  continent VARCHAR NOT NULL,
  main_locale VARCHAR NOT NULL,
  capital STRUCT("name" VARCHAR, point VARCHAR)
);

INSERT INTO business.countries VALUES
  ('US', 'United States', 'North America', 'en-US', {'name': 'Washington', 'point': 'POINT(-77.04 38.90)'}),
  ('DE', 'Germany', 'Europe', 'de', {'name': 'Berlin', 'point': 'POINT(13.40 52.52)'}),
  ('FR', 'France', 'Europe', 'fr', {'name': 'Paris', 'point': 'POINT(2.35 48.86)'}),
  ('IN', 'India', 'Asia', 'hi-IN', {'name': 'New Delhi', 'point': 'POINT(77.21 28.61)'}),
  ('BR', 'Brazil', 'South America', 'pt-BR', {'name': 'Brasília', 'point': 'POINT(-47.88 -15.79)'}),
  ('PL', 'Poland', 'Europe', 'pl', {'name': 'Warsaw', 'point': 'POINT(21.01 52.23)'}),
  ('GB', 'United Kingdom', 'Europe', 'en-GB', {'name': 'London', 'point': 'POINT(-0.13 51.51)'}),
  ('JP', 'Japan', 'Asia', 'ja', {'name': 'Tokyo', 'point': 'POINT(139.69 35.69)'}),
  ('CA', 'Canada', 'North America', 'en-CA', {'name': 'Ottawa', 'point': 'POINT(-75.70 45.42)'}),
  ('IT', 'Italy', 'Europe', 'it', {'name': 'Rome', 'point': 'POINT(12.50 41.90)'}),
  ('ES', 'Spain', 'Europe', 'es-ES', {'name': 'Madrid', 'point': 'POINT(-3.70 40.42)'}),
  ('ID', 'Indonesia', 'Asia', 'id', {'name': 'Jakarta', 'point': 'POINT(106.85 -6.21)'}),
  ('MX', 'Mexico', 'North America', 'es-MX', {'name': 'Mexico City', 'point': 'POINT(-99.13 19.43)'}),
  ('NL', 'Netherlands', 'Europe', 'nl', {'name': 'Amsterdam', 'point': 'POINT(4.90 52.37)'}),
  ('SE', 'Sweden', 'Europe', 'sv-SE', {'name': 'Stockholm', 'point': 'POINT(18.07 59.33)'}),
  ('KE', 'Kenya', 'Africa', 'sw', {'name': 'Nairobi', 'point': 'POINT(36.82 -1.29)'});

COMMENT ON TABLE business.countries IS 'Countries that our clients come from, with the locale most of them use.';
COMMENT ON COLUMN business.countries.continent IS 'Continent, in English.';
COMMENT ON COLUMN business.countries.main_locale IS 'The locale that most clients of the country use.';

INSERT INTO lookml_gen.fields VALUES
  ('business', 'countries', 'capital.name', 'Name of the capital, in English.', NULL),
  ('business', 'countries', 'capital.point', 'Where the capital lies.', 'GEOGRAPHY');
