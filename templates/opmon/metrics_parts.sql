[#- The metrics of a project whose metrics are too many for one statement: its parts side by side. -#]
SELECT
  [%- for column in keys %]
  part_1.[[ column | name ]],
  [%- endfor %]
  [%- for part in parts %]
  [%- set outer = loop %]
  [%- for column in part.columns %]
  part_[[ outer.index ]].[[ column | name ]][[ ',' if not (outer.last and loop.last) ]]
  [%- endfor %]
  [%- endfor %]
FROM [[ parts[0].table ]] AS part_1
[%- for part in parts[1:] %]
[%- set side = 'part_' ~ (loop.index + 1) %]
LEFT JOIN [[ part.table ]] AS [[ side ]]
  ON part_1.submission_date = [[ side ]].submission_date
  [%- for column in keys[1:] %]
  AND COALESCE(part_1.[[ column | name ]], '') = COALESCE([[ side ]].[[ column | name ]], '')
  AND (part_1.[[ column | name ]] IS NULL) = ([[ side ]].[[ column | name ]] IS NULL)
  [%- endfor %]
[%- endfor %]
WHERE part_1.submission_date BETWEEN DATE [[ first | value ]] AND DATE [[ last | value ]]
