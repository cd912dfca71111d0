-- AWS's public TICKIT tables with generated rows: people, places, events and sales, the same at every start.

CREATE TABLE public.users (userid int NOT NULL, username char(8), firstname varchar(30), lastname varchar(30), city varchar(30), state char(2),
  email varchar(100), phone char(14), likesports bool, liketheatre bool, likeconcerts bool, likejazz bool, likeclassical bool, likeopera bool,
  likerock bool, likevegas bool, likebroadway bool, likemusicals bool);
CREATE TABLE public.venue (venueid smallint NOT NULL, venuename varchar(100), venuecity varchar(30), venuestate char(2), venueseats int);
CREATE TABLE public.category (catid smallint NOT NULL, catgroup varchar(10), catname varchar(10), catdesc varchar(50));
CREATE TABLE public.date (dateid smallint NOT NULL, caldate date NOT NULL, day char(3) NOT NULL, week smallint NOT NULL, month char(5) NOT NULL,
  qtr char(5) NOT NULL, year smallint NOT NULL, holiday bool DEFAULT false);
CREATE TABLE public.event (eventid int NOT NULL, venueid smallint NOT NULL, catid smallint NOT NULL, dateid smallint NOT NULL,
  eventname varchar(200), starttime timestamp);
CREATE TABLE public.listing (listid int NOT NULL, sellerid int NOT NULL, eventid int NOT NULL, dateid smallint NOT NULL, numtickets smallint NOT NULL,
  priceperticket decimal(8,2), totalprice decimal(8,2), listtime timestamp);
CREATE TABLE public.sales (salesid int NOT NULL, listid int NOT NULL, sellerid int NOT NULL, buyerid int NOT NULL, eventid int NOT NULL,
  dateid smallint NOT NULL, qtysold smallint NOT NULL, pricepaid decimal(8,2), commission decimal(8,2), saletime timestamp);

INSERT INTO public.category VALUES (1,'Sports','MLB','Major League Baseball'),(2,'Sports','NHL','National Hockey League'),
  (3,'Sports','NFL','National Football League'),(4,'Sports','NBA','National Basketball Association'),(5,'Sports','MLS','Major League Soccer'),
  (6,'Shows','Musicals','Musical theatre'),(7,'Shows','Plays','All non-musical theatre'),(8,'Shows','Opera','All opera and light opera'),
  (9,'Concerts','Pop','All rock and pop music concerts'),(10,'Concerts','Jazz','All jazz singers and bands'),
  (11,'Concerts','Classical','All symphony, concerto, and choir concerts');
INSERT INTO public.venue SELECT n, (ARRAY['Toyota Park','Fenway Park','The Greek Theatre','Lyric Opera House','Shoreline Amphitheatre'])[n % 5 + 1] || ' ' || n,
  (ARRAY['Boston','Chicago','Denver','New York City','Seattle'])[n % 5 + 1], (ARRAY['MA','IL','CO','NY','WA'])[n % 5 + 1], (n * 37 % 80) * 1000
  FROM generate_series(1, 200) n;
INSERT INTO public.date SELECT n, date '2008-01-01' + (n - 1), (ARRAY['SU','MO','TU','WE','TH','FR','SA'])[extract(dow FROM date '2008-01-01' + (n - 1))::int + 1],
  (n - 1) / 7 + 1, upper(to_char(date '2008-01-01' + (n - 1), 'Mon')), extract(quarter FROM date '2008-01-01' + (n - 1))::text, 2008, n IN (1, 186, 360)
  FROM generate_series(1, 365) n;
INSERT INTO public.users SELECT n, upper(substr(md5(n::text), 1, 8)), (ARRAY['Vladimir','Barry','Juan','Reagan','Victor','Mufutau','Naida','Anika'])[n % 8 + 1],
  (ARRAY['Humphrey','Roy','Levy','Hodge','Hernandez','Watkins','Calderon','Huff','Ruiz'])[n % 9 + 1], (ARRAY['Kent','Omak','Miami','Murfreesboro','York'])[n % 5 + 1],
  (ARRAY['WA','FL','TN','PA','AZ'])[n % 5 + 1], 'user' || n || '@example.com',
  '(' || 200 + n % 700 || ') ' || 100 + n * 7 % 900 || '-' || lpad((n * 13 % 10000)::text, 4, '0'),
  n % 2 = 0, n % 3 = 0, n % 5 = 0, NULL, n % 7 = 0, NULL, n % 4 = 0, NULL, n % 6 = 0, n % 11 = 0 FROM generate_series(1, 1000) n;
INSERT INTO public.event SELECT n, n % 200 + 1, n % 11 + 1, n % 365 + 1, (ARRAY['Macbeth','Chicago','La Traviata','Wicked','The Seagull'])[n % 5 + 1],
  timestamp '2008-01-01 19:30' + n % 365 * interval '1 day' FROM generate_series(1, 800) n;
INSERT INTO public.listing SELECT n, n * 7 % 1000 + 1, n % 800 + 1, n % 365 + 1, n % 20 + 1, (n * 31 % 400) + 20, ((n * 31 % 400) + 20) * (n % 20 + 1),
  timestamp '2008-01-01' + n % 365 * interval '1 day' FROM generate_series(1, 1500) n;
INSERT INTO public.sales SELECT n, n % 1500 + 1, n * 7 % 1000 + 1, n * 11 % 1000 + 1, n % 800 + 1, n % 365 + 1, n % 4 + 1, n * 31 % 400 * (n % 4 + 1),
  n * 31 % 400 * (n % 4 + 1) * 0.15, timestamp '2008-02-18 02:36:48' + n * interval '7 minutes' FROM generate_series(1, 2000) n;
