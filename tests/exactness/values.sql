CREATE TABLE strings (id VARCHAR(40) PRIMARY KEY, value VARCHAR(100));
INSERT INTO strings VALUES ('apostrophe', 'l''été d''Aïcha');
INSERT INTO strings VALUES ('typographic-apostrophe', 'l’été');
INSERT INTO strings VALUES ('double-quotes', 'dit "oui"');
INSERT INTO strings VALUES ('both-quotes', 'l''un dit "l''autre"');
INSERT INTO strings VALUES ('only-quotes', '"""');
INSERT INTO strings VALUES ('backslash', 'C:\new\table\');
INSERT INTO strings VALUES ('backslash-n', '\n is no line feed');
INSERT INTO strings VALUES ('backslash-u', '\u0041');
INSERT INTO strings VALUES ('lf', 'a
b');
INSERT INTO strings VALUES ('crlf', 'a
b');
INSERT INTO strings VALUES ('cr', 'ab');
INSERT INTO strings VALUES ('leading-lf', '
a');
INSERT INTO strings VALUES ('trailing-lf', 'a
');
INSERT INTO strings VALUES ('trailing-crlf', 'a
');
INSERT INTO strings VALUES ('trailing-cr', 'a');
INSERT INTO strings VALUES ('tab', 'a	b');
INSERT INTO strings VALUES ('leading-tab', '	a');
INSERT INTO strings VALUES ('next-line', 'ab');
INSERT INTO strings VALUES ('line-separator', 'a b');
INSERT INTO strings VALUES ('paragraph-separator', 'a b');
INSERT INTO strings VALUES ('decomposed', 'été');
INSERT INTO strings VALUES ('composed', 'été');
INSERT INTO strings VALUES ('emoji', '🚀');
INSERT INTO strings VALUES ('emoji-joined', '👩🏽‍🚀👨‍👩‍👧');
INSERT INTO strings VALUES ('flags', '🇫🇷🇺🇿');
INSERT INTO strings VALUES ('arabic', 'مرحبا');
INSERT INTO strings VALUES ('hebrew-marks', '‏שלום‎');
INSERT INTO strings VALUES ('chinese', '上海合作组织');
INSERT INTO strings VALUES ('plane-16', '􏿽');
INSERT INTO strings VALUES ('private-use', '');
INSERT INTO strings VALUES ('replacement', '�');
INSERT INTO strings VALUES ('byte-order-mark', 'a﻿b');
INSERT INTO strings VALUES ('leading-byte-order-mark', '﻿a');
INSERT INTO strings VALUES ('zero-width', 'a​b');
INSERT INTO strings VALUES ('NA', 'NA');
INSERT INTO strings VALUES ('nan', 'nan');
INSERT INTO strings VALUES ('NaN', 'NaN');
INSERT INTO strings VALUES ('null', 'null');
INSERT INTO strings VALUES ('NULL', 'NULL');
INSERT INTO strings VALUES ('None', 'None');
INSERT INTO strings VALUES ('hyphen', '-');
INSERT INTO strings VALUES ('true', 'true');
INSERT INTO strings VALUES ('leading-zeros', '007');
INSERT INTO strings VALUES ('exponent', '1e3');
INSERT INTO strings VALUES ('decimal', '2.50');
INSERT INTO strings VALUES ('minus-zero', '-0');
INSERT INTO strings VALUES ('big', '123456789012345678901234567890');
INSERT INTO strings VALUES ('plus', '+1');
INSERT INTO strings VALUES ('date', '2010-06-31');
INSERT INTO strings VALUES ('inf', '-inf');
INSERT INTO strings VALUES ('leading-spaces', '  a');
INSERT INTO strings VALUES ('trailing-spaces', 'a  ');
INSERT INTO strings VALUES ('only-spaces', '   ');
INSERT INTO strings VALUES ('no-break-space', ' a ');
INSERT INTO strings VALUES ('inner-spaces', 'a  b');
INSERT INTO strings VALUES ('empty', '');
INSERT INTO strings VALUES ('comma', 'a,b');
INSERT INTO strings VALUES ('semicolon', 'a;b');
INSERT INTO strings VALUES ('pipe', 'a|b');
INSERT INTO strings VALUES ('percent', '100%25 %');
INSERT INTO strings VALUES ('braces', '{x} $(y) {{z}}');
INSERT INTO strings VALUES ('markup', '<b>&amp; &lt;</b>');
INSERT INTO strings VALUES ('cdata', ']]>');
INSERT INTO strings VALUES ('comment', '# no comment');
INSERT INTO strings VALUES ('hash', '#');
INSERT INTO strings VALUES ('at', 'a@b.example');
INSERT INTO strings VALUES ('brackets', '[1, 2]');
INSERT INTO strings VALUES ('object', '{"a": 1}');
INSERT INTO strings VALUES ('iri', '<http://example.org/>');
INSERT INTO strings VALUES ('typed', '"1"^^<x>');
INSERT INTO strings VALUES ('formula', '=1+1');
INSERT INTO strings VALUES ('single-quote-open', '''a');
INSERT INTO strings VALUES ('triple', '<a> <b> <c> .');
INSERT INTO strings VALUES ('delete', 'ab');
INSERT INTO strings VALUES ('c1', 'ab');
INSERT INTO strings VALUES ('bell', 'ab');
INSERT INTO strings VALUES ('escape', 'ab');
INSERT INTO strings VALUES ('unit-separator', 'ab');
INSERT INTO strings VALUES ('noncharacter', 'a￾b￿');
