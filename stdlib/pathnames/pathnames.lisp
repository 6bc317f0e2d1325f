(in-package "ROOK-KERNEL")

;;;; Pathnames in Unix syntax: instances with directory, name, type and version. There are no hosts
;;;; and devices, and no logical pathnames.

(%install-layout 'pathname
                 (%make-layout 'pathname (list (%find-layout 't)) :built-in 4 (vector)))

(defvar *pathname-layout* (%find-layout 'pathname))

(defmacro %pathname-directory (pathname) `(%instance-ref ,pathname 1))
(defmacro %pathname-name (pathname) `(%instance-ref ,pathname 2))
(defmacro %pathname-type (pathname) `(%instance-ref ,pathname 3))
(defmacro %pathname-version (pathname) `(%instance-ref ,pathname 4))

(defun %make-pathname (directory name type version)
  (let ((pathname (%allocate-instance *pathname-layout* 4)))
    (%set-instance-ref pathname 1 directory)
    (%set-instance-ref pathname 2 name)
    (%set-instance-ref pathname 3 type)
    (%set-instance-ref pathname 4 version)
    pathname))

(defun pathnamep (object)
  (eq (%layout-of object) *pathname-layout*))

;;; Parsing. A directory is NIL or a list that begins with :ABSOLUTE or :RELATIVE.

(defun %component (text)
  ;; A component as the standard represents it.
  (if (string= text "*") :wild text))

(defun %directory-component (text)
  (cond ((string= text "*") :wild)
        ((string= text "**") :wild-inferiors)
        ((string= text "..") :up)
        (t text)))

(defun %split-directory (text)
  ;; The list for TEXT, which is empty or ends in a slash.
  (if (string= text "")
      nil
      (let ((components '())
            (start (if (eql (char text 0) #\/) 1 0)))
        (do ((end (position #\/ text :start start) (position #\/ text :start start)))
            ((null end))
          (let ((component (subseq text start end)))
            (unless (or (string= component "") (string= component "."))
              (push (%directory-component component) components)))
          (setq start (1+ end)))
        (cons (if (eql (char text 0) #\/) :absolute :relative)
              (nreverse components)))))

(defun %parse-native-namestring (text)
  (let* ((slash (position #\/ text :from-end t))
         (file (if slash (subseq text (1+ slash)) text))
         (dot (position #\. file :from-end t)))
    ;; A dot in front belongs to the name.
    (when (eql dot 0) (setq dot nil))
    (when (or (string= file "..") (string= file "."))
      (setq dot nil))
    (%make-pathname (%split-directory (if slash (subseq text 0 (1+ slash)) ""))
                    (if (string= file "") nil (%component (if dot (subseq file 0 dot) file)))
                    (if dot (%component (subseq file (1+ dot))) nil)
                    nil)))

(defun parse-namestring (thing &optional host default-pathname &key (start 0) end junk-allowed)
  (declare (ignore host default-pathname junk-allowed))
  (cond ((stringp thing)
         (let ((end (or end (length thing))))
           (values (%parse-native-namestring (subseq thing start end)) end)))
        (t (values (pathname thing) start))))

(defun %file-stream-name (stream)
  ;; The pathname of a stream that OPEN made.
  (let ((stream (if (eq (%composite-type stream) :synonym) (%input-target stream) stream)))
    (if (and (%native-p stream) (not (eq (%stream-slot stream +stream-handle+) t)))
        (%stream-slot stream +composite-type+)
        nil)))

(defun pathname (designator)
  (cond ((pathnamep designator) designator)
        ((stringp designator) (%parse-native-namestring designator))
        ((and (%stream-object-p designator) (%file-stream-name designator)))
        (t (error 'type-error :datum designator :expected-type '(or string pathname stream)))))

;;; Reading from `#P`.
(defun %pathname-from-reader (text)
  (%parse-native-namestring text))

(defun make-pathname (&key host device (directory nil directory-p) (name nil name-p)
                           (type nil type-p) (version nil version-p)
                           (defaults nil defaults-p) case)
  (declare (ignore host device case))
  (let ((defaults (if defaults-p (pathname defaults) nil))
        (directory (cond ((stringp directory) (list :absolute directory))
                         ((eq directory :wild) (list :absolute :wild-inferiors))
                         (t directory))))
    (flet ((or-default (value supplied default)
             (cond (supplied value) (defaults default) (t nil))))
      (let ((new (%make-pathname
                  (%normal-directory directory)
                  (or-default name name-p (and defaults (%pathname-name defaults)))
                  (or-default type type-p (and defaults (%pathname-type defaults)))
                  (or-default version version-p (and defaults (%pathname-version defaults))))))
        (if directory-p
            new
            (progn
              (when defaults (%set-instance-ref new 1 (%pathname-directory defaults)))
              new))))))

(defun %normal-directory (directory)
  ;; DIRECTORY with "*" and the like as keywords.
  (if (consp directory)
      (cons (first directory)
            (mapcar (lambda (part)
                      (cond ((stringp part) (%directory-component part))
                            ((eq part :back) :up)
                            (t part)))
                    (rest directory)))
      directory))

(defun pathname-host (pathname &key case)
  (declare (ignore case))
  (pathname pathname)
  nil)
(defun pathname-device (pathname &key case)
  (declare (ignore case))
  (pathname pathname)
  nil)
(defun pathname-directory (pathname &key case)
  (declare (ignore case))
  (%pathname-directory (pathname pathname)))
(defun pathname-name (pathname &key case)
  (declare (ignore case))
  (%pathname-name (pathname pathname)))
(defun pathname-type (pathname &key case)
  (declare (ignore case))
  (%pathname-type (pathname pathname)))
(defun pathname-version (pathname)
  (%pathname-version (pathname pathname)))

;;; Namestrings.

(defun %component-text (component)
  (case component
    ((nil) "") (:wild "*") (:wild-inferiors "**") ((:up :back) "..") (:unspecific "")
    (t component)))

(defun %directory-text (directory)
  (let ((parts (if (eq (first directory) :absolute) (list "/") '())))
    (dolist (component (rest directory))
      (push (%component-text component) parts)
      (push "/" parts))
    (apply #'concatenate 'simple-string (nreverse parts))))

(defun %file-text (pathname)
  (let ((name (%component-text (%pathname-name pathname)))
        (type (%pathname-type pathname)))
    (if (and type (not (eq type :unspecific)))
        (concatenate 'simple-string name "." (%component-text type))
        (coerce name 'simple-string))))

(defun namestring (pathname)
  (let ((pathname (pathname pathname)))
    (concatenate 'simple-string
                 (%directory-text (%pathname-directory pathname))
                 (%file-text pathname))))
(defun file-namestring (pathname)
  (%file-text (pathname pathname)))
(defun directory-namestring (pathname)
  (%directory-text (%pathname-directory (pathname pathname))))
(defun host-namestring (pathname)
  (pathname pathname)
  "")

(defvar *default-pathname-defaults* (%make-pathname nil nil nil nil))

(defun enough-namestring (pathname &optional (defaults *default-pathname-defaults*))
  (let* ((text (namestring pathname))
         (folder (directory-namestring defaults))
         (n (length folder)))
    (if (and (plusp n) (> (length text) n) (string= folder text :end2 n))
        (subseq text n)
        text)))

(defun merge-pathnames (pathname &optional (defaults *default-pathname-defaults*)
                                           (default-version :newest))
  (let* ((pathname (pathname pathname))
         (defaults (pathname defaults))
         (directory (%pathname-directory pathname))
         (default-directory (%pathname-directory defaults)))
    (%make-pathname
     (cond ((null directory) default-directory)
           ((and (eq (first directory) :relative) default-directory)
            (append default-directory (rest directory)))
           (t directory))
     (or (%pathname-name pathname) (%pathname-name defaults))
     (or (%pathname-type pathname) (%pathname-type defaults))
     (or (%pathname-version pathname)
         (if (%pathname-name pathname) nil (%pathname-version defaults))
         (if (eq default-version :newest) nil default-version)))))

(defun wild-pathname-p (pathname &optional field)
  (let ((pathname (pathname pathname)))
    (flet ((wild-p (component)
             (or (eq component :wild)
                 (and (stringp component) (find #\* component) t))))
      (case field
        ((:host :device :version) nil)
        (:name (wild-p (%pathname-name pathname)))
        (:type (wild-p (%pathname-type pathname)))
        (:directory (%wild-directory-p (%pathname-directory pathname)))
        (t (or (wild-p (%pathname-name pathname))
               (wild-p (%pathname-type pathname))
               (%wild-directory-p (%pathname-directory pathname))))))))

(defun %wild-directory-p (directory)
  (if (some (lambda (part) (%memq part '(:wild :wild-inferiors))) directory) t nil))

;;; Matching.

(defun %text-matches-p (text pattern)
  ;; Whether TEXT matches PATTERN, where * stands for any characters.
  (let ((star (position #\* pattern)))
    (if (null star)
        (string= text pattern)
        (and (>= (length text) star)
             (string= text pattern :end1 star :end2 star)
             (let ((rest (subseq pattern (1+ star))))
               (do ((i star (1+ i)))
                   ((> i (length text)) nil)
                 (when (%text-matches-p (subseq text i) rest)
                   (return t))))))))

(defun %component-matches-p (component pattern)
  (cond ((or (null pattern) (eq pattern :wild)) t)
        ((and (stringp component) (stringp pattern)) (%text-matches-p component pattern))
        (t (equal component pattern))))

(defun %directory-matches-p (directory pattern)
  (cond ((null pattern) (null directory))
        ((eq (first pattern) :wild-inferiors)
         (or (%directory-matches-p directory (rest pattern))
             (and directory (%directory-matches-p (rest directory) pattern))))
        ((null directory) nil)
        (t (and (%component-matches-p (first directory) (first pattern))
                (%directory-matches-p (rest directory) (rest pattern))))))

(defun pathname-match-p (pathname wildcard)
  (let ((pathname (pathname pathname))
        (wildcard (pathname wildcard)))
    (and (or (null (%pathname-directory wildcard))
             (%directory-matches-p (%pathname-directory pathname) (%pathname-directory wildcard)))
         (%component-matches-p (%pathname-name pathname) (%pathname-name wildcard))
         (%component-matches-p (%pathname-type pathname) (%pathname-type wildcard))
         t)))

;;; Printing and comparing.

(defun %print-pathname (pathname stream)
  (if (or *print-escape* *print-readably*)
      (progn (%write-simple-string "#P" stream)
             (%output-string (namestring pathname) stream))
      (%write-simple-string (namestring pathname) stream)))
(%set-layout-print-function *pathname-layout* #'%print-pathname)

(defun %pathname-equal (a b)
  (and (equal (%pathname-directory a) (%pathname-directory b))
       (equal (%pathname-name a) (%pathname-name b))
       (equal (%pathname-type a) (%pathname-type b))))
