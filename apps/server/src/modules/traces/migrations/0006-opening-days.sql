-- Days of all signals are made by one function. They are attached, which lets others read and write the tables meanwhile.

CREATE OR REPLACE FUNCTION traces.open_day(signal text, wanted date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  parents text[] := CASE signal WHEN 'traces' THEN '{spans,chunks}' WHEN 'logs' THEN '{logs,log_chunks}'
    WHEN 'metrics' THEN '{metric_points}' END;
  parent text;
  part text;
BEGIN
  IF parents IS NULL OR wanted < current_date - 400 OR wanted > current_date + 8 THEN
    RAISE EXCEPTION 'no partition of % is made for %', signal, wanted;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('traces.open_day', 0));
  FOREACH parent IN ARRAY parents LOOP
    part := parent || to_char(wanted, '_YYYYMMDD');
    CONTINUE WHEN to_regclass(format('traces.%I', part)) IS NOT NULL;
    EXECUTE format('CREATE TABLE traces.%I (LIKE traces.%I INCLUDING ALL)', part, parent);
    EXECUTE format('ALTER TABLE traces.%I ATTACH PARTITION traces.%I FOR VALUES FROM (%L) TO (%L)', parent, part,
      to_char(wanted, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(wanted + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
    PERFORM platform.protect(format('traces.%I', part)::regclass);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON traces.%I FROM atrium_app', part);
  END LOOP;
END
$$;
DROP FUNCTION traces.open_day(date);
