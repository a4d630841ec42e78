PRAGMA application_id = 1112753997;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE acknowledgements (
    alert_id TEXT NOT NULL PRIMARY KEY,
    author   TEXT NOT NULL,
    comment  TEXT NOT NULL,
    at       REAL NOT NULL
);
INSERT INTO "acknowledgements" VALUES('bd84f7a5617dd944-1a2179c6723','ann','asked BSG',1.79569246025983595849e+09);
CREATE TABLE alerts (
    id          TEXT NOT NULL PRIMARY KEY,
    state       TEXT NOT NULL,
    rule        TEXT NOT NULL,
    account     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    fired_at    REAL,
    resolved_at REAL,
    closed      INTEGER NOT NULL DEFAULT 0,
    alert       TEXT NOT NULL
);
INSERT INTO "alerts" VALUES('bd84f7a5617dd944-1a2179c6723','firing','Held','default','5003',1795692455.71563,NULL,0,'{"id":"bd84f7a5617dd944-1a2179c6723","fingerprint":"bd84f7a5617dd944","key":{"rule":"Held","account":"default","subject":"5003"},"state":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:35.715630Z","inactive_since":null,"fired_at":"2026-11-26T11:27:35.715630Z","resolved_at":null,"described_at":"2026-11-26T11:27:35.715630Z","resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('89e0f6d82b31a2e5-1a2179c6723','resolved','Sending','default','5004',1795692455.71563,1.79569245871913409236e+09,1,'{"id":"89e0f6d82b31a2e5-1a2179c6723","fingerprint":"89e0f6d82b31a2e5","key":{"rule":"Sending","account":"default","subject":"5004"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","inactive_since":"2026-11-26T11:27:38.719134Z","fired_at":"2026-11-26T11:27:35.715630Z","resolved_at":"2026-11-26T11:27:38.719134Z","described_at":"2026-11-26T11:27:37.707195Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":1795692458.0,"sent":120,"delivered":24,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('75158bef4b03075e-1a2179c6723','resolved','Sending','default','5006',1795692455.71563,1.79569245770719504353e+09,1,'{"id":"75158bef4b03075e-1a2179c6723","fingerprint":"75158bef4b03075e","key":{"rule":"Sending","account":"default","subject":"5006"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","inactive_since":"2026-11-26T11:27:37.707195Z","fired_at":"2026-11-26T11:27:35.715630Z","resolved_at":"2026-11-26T11:27:37.707195Z","described_at":"2026-11-26T11:27:36.729725Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":100,"delivered":18,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('4a476b9f29c7beca-1a2179c6723','firing','Poor','default','',1795692455.71563,NULL,0,'{"id":"4a476b9f29c7beca-1a2179c6723","fingerprint":"4a476b9f29c7beca","key":{"rule":"Poor","account":"default","subject":""},"state":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-26T11:27:35.715630Z","inactive_since":null,"fired_at":"2026-11-26T11:27:35.715630Z","resolved_at":null,"described_at":"2026-11-26T11:27:35.715630Z","resolve_reason":null,"event_id":null,"campaign":null}');
INSERT INTO "alerts" VALUES('3f9efdb5de4f3ce3-1a2179c6eeb','pending','Paused','default','5006',NULL,NULL,0,'{"id":"3f9efdb5de4f3ce3-1a2179c6eeb","fingerprint":"3f9efdb5de4f3ce3","key":{"rule":"Paused","account":"default","subject":"5006"},"state":"pending","labels":{"alertname":"Paused","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{},"active_since":"2026-11-26T11:27:37.707195Z","inactive_since":null,"fired_at":null,"resolved_at":null,"described_at":null,"resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":100,"delivered":18,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
INSERT INTO "alerts" VALUES('5de571509eaa7b1f-c766b9b7d1263320eb37','firing','Stopped','default','5004',1.79569245871913409236e+09,1.79569245871913409236e+09,1,'{"id":"5de571509eaa7b1f-c766b9b7d1263320eb37","fingerprint":"5de571509eaa7b1f","key":{"rule":"Stopped","account":"default","subject":"5004"},"state":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-26T11:27:38.719134Z","inactive_since":null,"fired_at":"2026-11-26T11:27:38.719134Z","resolved_at":"2026-11-26T11:27:38.719134Z","described_at":null,"resolve_reason":null,"event_id":"c766b9b7d1263320eb37","campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":1795692458.0,"sent":120,"delivered":24,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null}}');
CREATE TABLE balances (
    account  TEXT NOT NULL PRIMARY KEY,
    balance  REAL NOT NULL,
    credit   REAL NOT NULL,
    currency TEXT,
    read_at  REAL NOT NULL
);
INSERT INTO "balances" VALUES('default',120.0,25.0,'EUR',1.79569245570535397527e+09);
CREATE TABLE campaigns (
    account            TEXT NOT NULL,
    id                 INTEGER NOT NULL,
    name               TEXT NOT NULL,
    sender             TEXT NOT NULL,
    status             TEXT NOT NULL,
    message_type       TEXT NOT NULL,
    created_at         REAL NOT NULL,
    start_at           REAL,
    real_start_at      REAL,
    finished_at        REAL,
    sent               INTEGER,
    delivered          INTEGER,
    fallback_sent      INTEGER,
    fallback_delivered INTEGER,
    calculated_price   REAL,
    currency           TEXT,
    first_seen         REAL NOT NULL,
    status_since       REAL NOT NULL,
    progress_since     REAL NOT NULL,
    settled            INTEGER NOT NULL,
    revision           INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) WITHOUT ROWID;
INSERT INTO "campaigns" VALUES('default',5001,'Long ago','UrbanWear','done','sms',1795260452.0,1795260452.0,1795260452.0,1795260482.0,900,873,NULL,NULL,0.0,NULL,1.79569245570455098158e+09,1795260482.0,1.79569245570455098158e+09,1,0);
INSERT INTO "campaigns" VALUES('default',5002,'Carousel','TechHubAgent','done','rcs',1795685252.0,1795685252.0,1795685252.0,1795685257.0,5000,2949,1900,1804,0.0,NULL,1.79569245570528411865e+09,1795685257.0,1.79569245570528411865e+09,0,0);
INSERT INTO "campaigns" VALUES('default',5003,'Spring sale ☀','UrbanWear','spam','sms',1795692452.0,1795692452.0,NULL,NULL,0,0,NULL,NULL,0.0,NULL,1.79569245570455098158e+09,1795692452.0,1.79569245570455098158e+09,0,0);
INSERT INTO "campaigns" VALUES('default',5004,'Price drop','AutoPlus','stopped','sms',1795692452.0,1795692452.0,1795692452.0,1795692458.0,120,44,NULL,NULL,0.0,NULL,1.79569245570455098158e+09,1795692458.0,1.79569245871722698217e+09,0,7);
INSERT INTO "campaigns" VALUES('default',5005,'Short notice','CinemaX','done','sms',1795692452.0,1795692452.0,1795692452.0,1795692454.0,40,17,NULL,NULL,0.0,NULL,1.79569245570455098158e+09,1795692454.0,1.79569245570455098158e+09,0,7);
INSERT INTO "campaigns" VALUES('default',5006,'Vaccination week','PharmaOne','paused','sms',1795692452.0,1795692452.0,1795692452.0,NULL,100,39,NULL,NULL,0.0,NULL,1.79569245570455098158e+09,1.79569245770426797869e+09,1.79569245770426797869e+09,0,7);
CREATE TABLE events (
    sequence    INTEGER NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    account     TEXT NOT NULL,
    campaign_id INTEGER NOT NULL,
    at          REAL NOT NULL,
    event       TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'56a8f92ed9c150c73b48','status_changed','default',5006,1.79569245770426797869e+09,'{"id":"56a8f92ed9c150c73b48","kind":"status_changed","at":1795692457.704268,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":100,"delivered":18,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"paused"}]}');
INSERT INTO "events" VALUES(2,'c766b9b7d1263320eb37','status_changed','default',5004,1.79569245871722698217e+09,'{"id":"c766b9b7d1263320eb37","kind":"status_changed","at":1795692458.717227,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":1795692458.0,"sent":120,"delivered":24,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"stopped"},{"field":"finished_at","old":null,"new":1795692458.0}]}');
CREATE TABLE feeds (
    account              TEXT NOT NULL,
    message_type         TEXT NOT NULL,
    first_tried          REAL NOT NULL,
    last_success         REAL,
    last_full            REAL,
    last_outcome         TEXT,
    answered             INTEGER NOT NULL,
    consecutive_failures INTEGER NOT NULL,
    failing_since        REAL,
    PRIMARY KEY (account, message_type)
);
INSERT INTO "feeds" VALUES('default','sms',1.79569245570455098158e+09,1.79569246264615201948e+09,1.79569245570455098158e+09,'ok',1,0,NULL);
INSERT INTO "feeds" VALUES('default','rcs',1.79569245570528411865e+09,1.79569246279997897152e+09,1.79569245570528411865e+09,'ok',1,0,NULL);
CREATE TABLE ledgers (
    receiver  TEXT NOT NULL,
    group_key TEXT NOT NULL,
    ledger    TEXT NOT NULL,
    PRIMARY KEY (receiver, group_key)
);
INSERT INTO "ledgers" VALUES('hook','hook:eec7e568629af728','{"group":{"receiver":"hook","key":"hook:eec7e568629af728"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a2179c6723":"firing"},"flushed_at":"2026-11-26T11:27:35.720776Z","changed_at":"2026-11-26T11:27:35.720776Z","path":"/{}"}');
INSERT INTO "ledgers" VALUES('hook','hook:b13eedf68c6647d3','{"group":{"receiver":"hook","key":"hook:b13eedf68c6647d3"},"labels":{"alertname":"Poor"},"told":{"4a476b9f29c7beca-1a2179c6723":"firing"},"flushed_at":"2026-11-26T11:27:35.720776Z","changed_at":"2026-11-26T11:27:35.720776Z","path":"/{}"}');
INSERT INTO "ledgers" VALUES('bot','bot:af3b9160d3be253b','{"group":{"receiver":"bot","key":"bot:af3b9160d3be253b"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a2179c6723":"firing"},"flushed_at":"2026-11-26T11:27:35.720776Z","changed_at":"2026-11-26T11:27:35.720776Z","path":"/{alertname=~\"Held|Sending\"}"}');
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO "meta" VALUES('written_by','0.1.0');
CREATE TABLE outbox (
    id               TEXT NOT NULL PRIMARY KEY,
    receiver         TEXT NOT NULL,
    group_key        TEXT NOT NULL,
    sequence         INTEGER NOT NULL,
    state            TEXT NOT NULL,
    head             INTEGER NOT NULL DEFAULT 0,
    attempts         INTEGER NOT NULL,
    created_at       REAL NOT NULL,
    first_attempt_at REAL,
    next_attempt_at  REAL NOT NULL,
    claimed_until    REAL,
    finished_at      REAL,
    last_error       TEXT,
    reason           TEXT NOT NULL,
    notification     TEXT NOT NULL
);
INSERT INTO "outbox" VALUES('msg_dc28b39453f8487dbcaf341794685456','hook','hook:eec7e568629af728',1,'delivered',0,1,1.79569245572077608105e+09,1.79569245572459411626e+09,1.79569248572459411617e+09,NULL,1.79569245573091506957e+09,NULL,'firing','{"id":"msg_dc28b39453f8487dbcaf341794685456","receiver":"hook","group_key":"hook:eec7e568629af728","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a2179c6723","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:35.720776Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_c41dd1eaea3a41fea51d8c4b6297cb31','hook','hook:b13eedf68c6647d3',2,'pending',1,2,1.79569245572077608105e+09,1.79569245572459411626e+09,1795692488.35188,NULL,NULL,'HTTP 503 Service Unavailable','firing','{"id":"msg_c41dd1eaea3a41fea51d8c4b6297cb31","receiver":"hook","group_key":"hook:b13eedf68c6647d3","group_labels":{"alertname":"Poor"},"reason":"firing","alerts":[{"id":"4a476b9f29c7beca-1a2179c6723","fingerprint":"4a476b9f29c7beca","status":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":null,"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:35.720776Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_7b66d5973a1d4957b9448c1a5b34afc8','hook','hook:073c6ef67dea175b',3,'delivered',0,1,1.79569245572077608105e+09,1.79569245572459411626e+09,1.79569248572459411617e+09,NULL,1.79569245573154807091e+09,NULL,'firing','{"id":"msg_7b66d5973a1d4957b9448c1a5b34afc8","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a2179c6723","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":74,"delivered":8,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179c6723","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":74,"delivered":8,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:35.720776Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_6238199debcc4555ba21cfdb2f476433','bot','bot:8250d410cf308469',4,'delivered',0,1,1.79569245572077608105e+09,1.79569245572455692292e+09,1.79569248572455692292e+09,NULL,1.79569245573184299471e+09,NULL,'firing','{"id":"msg_6238199debcc4555ba21cfdb2f476433","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a2179c6723","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":74,"delivered":8,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179c6723","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":74,"delivered":8,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:35.720776Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_a732e8038c0d4e4980ee41f272e96988','bot','bot:af3b9160d3be253b',5,'delivered',0,1,1.79569245572077608105e+09,1.79569245672638797767e+09,1.79569248672638797758e+09,NULL,1.79569245673085188868e+09,NULL,'firing','{"id":"msg_a732e8038c0d4e4980ee41f272e96988","receiver":"bot","group_key":"bot:af3b9160d3be253b","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a2179c6723","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:35.720776Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_9c4d45c446474dafa725401da77da53c','hook','hook:073c6ef67dea175b',6,'delivered',0,1,1.79569245771099710463e+09,1.79569245771300601958e+09,1.79569248771300601962e+09,NULL,1.79569245771546888348e+09,NULL,'resolved','{"id":"msg_9c4d45c446474dafa725401da77da53c","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a2179c6723","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":"2026-11-26T11:27:37.707195Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":100,"delivered":18,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179c6723","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":114,"delivered":18,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:37.710997Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_b64a885dafc34f39ba3d4c95f8346381','bot','bot:8250d410cf308469',7,'delivered',0,1,1.79569245771099710463e+09,1.79569245772740888594e+09,1.79569248772740888602e+09,NULL,1.79569245773464393617e+09,NULL,'resolved','{"id":"msg_b64a885dafc34f39ba3d4c95f8346381","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a2179c6723","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":"2026-11-26T11:27:37.707195Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":100,"delivered":18,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null},{"id":"89e0f6d82b31a2e5-1a2179c6723","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":null,"sent":114,"delivered":18,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:37.710997Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_59f4e89a6f8a4035bf552f0b8f8a4c10','hook','hook:073c6ef67dea175b',8,'delivered',0,1,1.79569245872193288806e+09,1.79569245872310805315e+09,1.79569248872310805323e+09,NULL,1.79569245872491788868e+09,NULL,'resolved','{"id":"msg_59f4e89a6f8a4035bf552f0b8f8a4c10","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a2179c6723","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":"2026-11-26T11:27:38.719134Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":1795692458.0,"sent":120,"delivered":24,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:38.721933Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_39647048837743b7a5c714e0bc405a99','bot','bot:8250d410cf308469',9,'delivered',0,1,1.79569245872193288806e+09,1.79569245873041701314e+09,1.79569248873041701318e+09,NULL,1.79569245873317694661e+09,NULL,'resolved','{"id":"msg_39647048837743b7a5c714e0bc405a99","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a2179c6723","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-26T11:27:35.715630Z","starts_at":"2026-11-26T11:27:35.715630Z","ends_at":"2026-11-26T11:27:38.719134Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":1795692458.0,"sent":120,"delivered":24,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:38.721933Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_99623f6bc46a45dd90e99ed7793ca8bc','hook','hook:a86792bf18350ce6',10,'dead',0,1,1.79569245872193288806e+09,1.79569245872310805315e+09,1.79569248872310805323e+09,NULL,1.79569245872501206395e+09,'HTTP 410 Gone','event','{"id":"msg_99623f6bc46a45dd90e99ed7793ca8bc","receiver":"hook","group_key":"hook:a86792bf18350ce6","group_labels":{"alertname":"Stopped"},"reason":"event","alerts":[{"id":"5de571509eaa7b1f-c766b9b7d1263320eb37","fingerprint":"5de571509eaa7b1f","status":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-26T11:27:38.719134Z","starts_at":"2026-11-26T11:27:38.719134Z","ends_at":"2026-11-26T11:27:38.719134Z","resolve_reason":null,"event_id":"c766b9b7d1263320eb37","changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1795692452.0,"start_at":1795692452.0,"real_start_at":1795692452.0,"finished_at":1795692458.0,"sent":120,"delivered":24,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"acknowledged_by":null,"acknowledged_at":null}],"created_at":"2026-11-26T11:27:38.721933Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
CREATE TABLE receiver_memory (
    receiver TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    at       REAL NOT NULL,
    PRIMARY KEY (receiver, key)
);
INSERT INTO "receiver_memory" VALUES('bot','bot:8250d410cf308469','{"target":"C1","channel":"C1","ts":"1772440000.000100","open":false,"last":"msg_39647048837743b7a5c714e0bc405a99","decided":"2026-11-26T11:27:38.721933Z","opening":""}',1.79569245873269701008e+09);
INSERT INTO "receiver_memory" VALUES('bot','bot:af3b9160d3be253b','{"target":"C1","channel":"C1","ts":"1772440000.000100","open":true,"last":"msg_a732e8038c0d4e4980ee41f272e96988","decided":"2026-11-26T11:27:35.720776Z","opening":"<!date^1795692455^{date_short_pretty} {time}|2026-11-26 11:27 UTC>\n🔴 CRITICAL · 1 firing · Spring sale ☀ is held"}',1.79569245672940206522e+09);
INSERT INTO "receiver_memory" VALUES('hook','health','2026-11-26T11:27:38.725012+00:00 HTTP 410 Gone',1.79569246070516800881e+09);
CREATE TABLE silences (
    id             TEXT NOT NULL PRIMARY KEY,
    matchers       TEXT NOT NULL,
    starts_at      REAL NOT NULL,
    ends_at        REAL,
    until_resolved INTEGER NOT NULL,
    author         TEXT NOT NULL,
    comment        TEXT NOT NULL,
    created_at     REAL NOT NULL,
    matched_at     REAL,
    ended_at       REAL,
    ended_by       TEXT
);
INSERT INTO "silences" VALUES('1300ca42d4bb','[{"name":"alertname","operator":"=","value":"Stopped"}]',1.79569246098193311691e+09,1.82722846098193311692e+09,0,'ann','known',1.79569246098193311691e+09,NULL,NULL,NULL);
INSERT INTO "silences" VALUES('894bc5c7f002','[{"name":"alertname","operator":"=","value":"Stopped"}]',1.79569246173247909544e+09,NULL,1,'ann','known',1.79569246173247909544e+09,NULL,1.7956924631883430481e+09,'bo');
CREATE INDEX events_at ON events (at);
CREATE INDEX events_campaign ON events (campaign_id, at);
CREATE INDEX alerts_open ON alerts (id) WHERE closed = 0;
CREATE INDEX alerts_ended ON alerts (resolved_at, id) WHERE resolved_at IS NOT NULL;
CREATE INDEX outbox_sequence ON outbox (sequence);
CREATE INDEX outbox_state ON outbox (receiver, state, sequence, created_at);
CREATE INDEX outbox_due ON outbox (receiver, head, next_attempt_at, sequence) WHERE state = 'pending';
CREATE INDEX outbox_group ON outbox (receiver, group_key, sequence) WHERE state = 'pending';
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX receiver_memory_at ON receiver_memory (at);
COMMIT;
